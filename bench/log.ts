import * as E from 'fp-ts/lib/Either.js'
import { BatchBuilder } from '../src/batch/batch-builder.ts'
import { openBatch } from '../src/batch/read-records.ts'
import { seal } from '../src/batch/record-batch.ts'
import { noHeaders } from '../src/batch/record-headers.ts'
import { diskStorage } from '../src/log/disk-storage.ts'
import { Logs } from '../src/log/logs.ts'
import { systemClock } from '../src/millrace/system.ts'
import { compared, duel, type Measurement, rate } from './measurement.ts'
import { benchRecords, inDirectory } from './records.ts'

const count = 1_000_000
const perBatch = 500
const rounds = 5
const fetchBytes = 1024 * 1024

const records = benchRecords(perBatch).map(({ key, value }) => ({ key: Buffer.from(key), value }))

const right = <A>(answer: E.Either<{ readonly message?: string }, A>): A => {
  if (E.isLeft(answer)) throw new Error(answer.left.message)
  return answer.right
}

const builder = new BatchBuilder({ compression: 'none' })

/** What a client does for a batch. */
const encoded = (): Uint8Array => {
  for (const { key, value } of records) builder.add(key, value, noHeaders, 1_700_000_000_000)
  const batch = builder.build()
  seal(batch, { producerId: -1, producerEpoch: -1, baseSequence: -1, transactional: false })
  return batch
}

// What is read goes into a sum, so that none of it can be left out.
let sum = 0

const decoded = (batch: Uint8Array, checkCrc: boolean): void => {
  const cursor = E.toUnion(openBatch(batch, { checkCrc }))
  if (!('next' in cursor)) throw new Error(cursor.reason)
  while (cursor.next()) sum += (cursor.key?.length ?? 0) + (cursor.value?.length ?? 0) + cursor.timestamp
}

/** Records a second that one partition on this disk takes, and then gives back, with the codec's work on both ways. */
const throughLog = (directory: string): Promise<{ readonly append: number; readonly read: number }> =>
  withLog(directory, async (logs) => {
    const log = logs.partition({ topic: 'bench', partition: 0 })
    if (log === undefined) throw new Error('unreachable')
    const append = await rate(async () => {
      for (let at = 0; at < count; at += perBatch) {
        right(log.stage(encoded(), 'client', 0))
        right(await logs.commit())
      }
      return count
    })
    const read = await rate(() => {
      for (let offset = 0; offset < count; ) {
        const { batches, nextOffset } = right(log.read({ offset, maxBytes: fetchBytes, isolation: 'read_committed' }))
        for (const batch of batches) decoded(batch, false)
        offset = nextOffset
      }
      return count
    })
    return { append, read }
  })

const withLog = async <A>(directory: string, work: (logs: Logs) => Promise<A>): Promise<A> => {
  const partitions = [{ topic: 'bench', partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAA', config: {} }]
  const storage = diskStorage(directory)
  const logs = right(await Logs.open({ storage, durability: 'process', clock: systemClock, partitions }))
  const answer = await work(logs)
  right(await logs.close())
  return answer
}

/** What the codec alone takes, writing and then reading the same batch again and again. */
const codecAlone = async (): Promise<{ readonly append: number; readonly read: number }> => {
  const batch = encoded()
  const repeated = (work: () => void) =>
    rate(() => {
      for (let at = 0; at < count; at += perBatch) work()
      return count
    })
  return { append: await repeated(encoded), read: await repeated(() => decoded(batch, true)) }
}

/** How much of the codec's own rate is left once its batches go to the disk's files and come back. */
export const logAgainstCodec = async (): Promise<readonly Measurement[]> => {
  const measured: Measurement[] = []
  for (const way of ['append', 'read'] as const) {
    const { ours, theirs, ratio } = await duel({
      rounds,
      ours: async () => (await inDirectory(throughLog))[way],
      theirs: async () => (await codecAlone())[way],
    })
    const against = { name: `the batch codec alone, ${perBatch} a batch`, value: theirs }
    measured.push(compared({ name: `log, ${way}`, unit: 'records/s', value: ours, against, ratio, target: 0.5 }))
  }
  if (!Number.isFinite(sum)) throw new Error('unreachable')
  return measured
}
