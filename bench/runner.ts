import * as E from 'fp-ts/lib/Either.js'
import { filter, from, map, Observable, tap } from 'rxjs'
import { filterValue } from '../operators/filter-value.ts'
import { mapValue } from '../operators/map-value.ts'
import { rekey } from '../operators/rekey.ts'
import { to } from '../operators/to.ts'
import { BatchBuilder } from '../src/batch/batch-builder.ts'
import { openBatch } from '../src/batch/read-records.ts'
import { int32 } from '../src/codec/numbers.ts'
import { text } from '../src/codec/text.ts'
import { topic } from '../src/codec/topic.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'
import { systemClock } from '../src/millrace/system.ts'
import { UnreadableRecord } from '../src/pipeline/attempt-errors.ts'
import { Breath } from '../src/pipeline/breath.ts'
import type { Operators } from '../src/pipeline/chain.ts'
import type { Chunk } from '../src/pipeline/feed.ts'
import { planOf } from '../src/pipeline/plan.ts'
import { chunkOf } from '../src/pipeline/read-records.ts'
import { readRecord, sourceOf } from '../src/pipeline/source.ts'
import { TaskRunner } from '../src/pipeline/task-runner.ts'
import { compared, duel, type Measurement, rate } from './measurement.ts'

type R = StreamRecord<string, number>

const input = topic('in', { key: text, value: int32 })
const output = topic('out', { key: text, value: int32 })
const source = sourceOf(input, 0)
const batchRecords = 1_000
const batches = 400
const noHeaders = new Map<string, Uint8Array>()

const bytes = ((): Uint8Array => {
  const builder = new BatchBuilder({ compression: 'none' })
  for (let i = 0; i < batchRecords; i++)
    builder.add(text.encode(`key-${i % 50}`), int32.encode(i), noHeaders, 1_700_000_000_000 + i)
  return builder.build()
})()

const chunk = (): Chunk =>
  chunkOf(
    source,
    {
      topic: 'in',
      partition: 0,
      batches: [bytes],
      nextOffset: batchRecords,
      highWatermark: batchRecords,
      lastStableOffset: batchRecords,
      startOffset: 0,
    },
    0,
  )

/** Four of our operators, and the same in RxJS's own. */
const ours = [
  filterValue((v: number) => v % 10 !== 0),
  rekey((r: R) => `${r.key}!`),
  mapValue((v: number) => v + 1),
  to(output),
] as unknown as Operators

const paid = filter((r: R) => r.value % 10 !== 0)
const rekeyed = map((r: R): R => ({ ...r, key: `${r.key}!` }))
const mapped = map((r: R): R => ({ ...r, value: r.value + 1 }))

interface Written {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: ReadonlyMap<string, Uint8Array>
  readonly timestamp: number
}

const written = (out: Written[]) =>
  tap((r: R) => {
    out.push({ key: text.encode(r.key), value: int32.encode(r.value), headers: r.headers, timestamp: r.timestamp })
  })

/** What a batch holds, decoded, without carriers. */
const records = function* (): Generator<R> {
  // on trust, as the runner reads what its engine has checked
  const cursor = openBatch(bytes, { checkCrc: false })
  if (E.isLeft(cursor)) throw new Error(cursor.left.reason)
  while (cursor.right.next()) {
    const record = readRecord(source, cursor.right, undefined)
    if (!(record instanceof UnreadableRecord)) yield record as R
  }
}

const bareBatch = (read: () => Iterable<R>): number => {
  const out: Written[] = []
  from(read()).pipe(paid, rekeyed, mapped, written(out)).subscribe()
  return out.length
}

/** A subscription a record, as a loop that takes no care of anything would make it. */
const bareChains = (): number => {
  const out: Written[] = []
  for (const record of records())
    new Observable<R>((subscriber) => {
      subscriber.next(record)
      subscriber.complete()
    })
      .pipe(paid, rekeyed, mapped, written(out))
      .subscribe({ error: () => undefined, complete: () => undefined })
  return out.length
}

const repeated = (work: () => number) => async (): Promise<number> =>
  rate(() => {
    for (let batch = 0; batch < batches; batch++) work()
    return batches * batchRecords
  })

const runner = (recordwise: boolean) => async (): Promise<number> => {
  const sink = { topic: 'out', recordBytesMax: 1_000_000 }
  let done: () => void = () => undefined
  let hungry: () => void = () => undefined
  const task = new TaskRunner({
    task: 0,
    plan: { ...planOf('bench', { topics: [input], operators: ours }), recordwise },
    clock: systemClock,
    breath: new Breath(systemClock),
    sinks: new Map([['out', sink]]),
    stores: new Map(),
    limits: { concurrency: 1, outputBytesMax: 1e9, slowAfterMs: 10_000, timeLimitMs: 60_000 },
    hooks: {
      judge: () => ({ _tag: 'done', outputs: [] }),
      succeeded: () => undefined,
      done: () => done(),
      hungry: () => hungry(),
      notice: () => undefined,
      late: () => undefined,
      broken: (error) => {
        throw error
      },
    },
  })
  return rate(
    () =>
      new Promise<number>((resolve) => {
        let records = 0
        done = () => {
          const prefix = task.take()
          if (prefix === undefined) return
          task.committed(prefix)
          records += prefix.records
          if (records === batches * batchRecords) resolve(records)
        }
        let offered = 0
        hungry = () => {
          if (offered++ < batches) task.offer(chunk())
        }
        hungry()
      }),
  )
}

/** What the runner costs beside bare RxJS doing the same to the same batch, decoding and encoding included. */
export const runnerAgainstRxjs = async (): Promise<readonly Measurement[]> => {
  const rounds = 7
  const onBytes = await duel({ rounds, ours: runner(true), theirs: repeated(() => bareBatch(records)) })
  const chains = await duel({ rounds, ours: runner(false), theirs: repeated(bareChains) })
  const figure = (name: string, theirs: string, o: { ours: number; theirs: number; ratio: number }, target?: number) =>
    compared({
      name,
      unit: 'records/s',
      value: o.ours,
      against: { name: theirs, value: o.theirs },
      ratio: o.ratio,
      ...(target === undefined ? {} : { target }),
    })
  return [
    figure('runner, one subscription a batch', 'RxJS over the same batch', onBytes, 0.4),
    figure('runner, a chain a record', 'RxJS, a chain a record', chains, 0.77),
  ]
}
