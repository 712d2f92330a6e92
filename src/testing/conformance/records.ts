import { BatchBuilder } from '../../batch/batch-builder.ts'
import { openBatch } from '../../batch/read-records.ts'
import type { Engine, Fetched, Isolation, UnsealedBatch } from '../../contracts/engine.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { SentRecord } from '../history/history.ts'
import { ok } from './calls.ts'

const text = new TextEncoder()
const read = new TextDecoder()
const none: ReadonlyMap<string, Uint8Array> = new Map()

/** A batch of records whose values are these strings; their keys too, so that a compacted topic takes them. */
export const batch = (
  topic: string,
  partition: number,
  values: readonly string[],
  timestamp = 1_700_000_000_000,
): UnsealedBatch => {
  const builder = new BatchBuilder({ compression: 'none' })
  for (const [at, value] of values.entries()) builder.add(text.encode(value), text.encode(value), none, timestamp + at)
  return { topic, partition, bytes: builder.build() }
}

/** A batch of what a history says was sent: all of it to one partition. */
export const batchOf = (records: readonly SentRecord[]): UnsealedBatch => {
  const [{ topic, partition } = { topic: '', partition: 0 }] = records
  return batch(
    topic,
    partition,
    records.map(({ value }) => String(value)),
  )
}

export interface Seen {
  readonly offset: number
  readonly value: string
  readonly timestamp: number
}

/** The records of one partition's answer at or after `from`. */
export const seenIn = ({ batches }: Pick<Fetched, 'batches'>, from: number): Seen[] => {
  const seen: Seen[] = []
  for (const bytes of batches) {
    const opened = openBatch(bytes)
    if (opened._tag === 'Left') throw new Error(`the engine answered a corrupt batch: ${JSON.stringify(opened.left)}`)
    const cursor = opened.right
    while (cursor.next()) {
      if (cursor.offset < from) continue
      const value = cursor.value === null ? '' : read.decode(cursor.value)
      seen.push({ offset: cursor.offset, value, timestamp: cursor.timestamp })
    }
  }
  return seen
}

/** Reads a partition from `from` up to what is visible now. */
export const readAll = async (
  engine: Engine,
  { topic, partition }: TopicPartition,
  { from = 0, isolation = 'read_committed' }: { readonly from?: number; readonly isolation?: Isolation } = {},
): Promise<Seen[]> => {
  const seen: Seen[] = []
  let offset = from
  for (;;) {
    const [fetched] = await ok(
      engine.reader.fetch({
        positions: [{ topic, partition, offset }],
        isolation,
        maxBytes: 1 << 20,
        maxWaitMs: 0,
      }),
    )
    if (fetched === undefined) return seen
    if (fetched.failure !== undefined) throw new Error(fetched.failure.message)
    seen.push(...seenIn(fetched, offset))
    if (fetched.nextOffset <= offset) return seen
    offset = fetched.nextOffset
  }
}

/** As {@link readAll}, only the values, once every commit answered so far can be seen. */
export const valuesOf = async (
  engine: Engine,
  topic: string,
  partition = 0,
  isolation: Isolation = 'read_committed',
): Promise<string[]> => {
  await ok(engine.reader.settled([{ topic, partition }]))
  return (await readAll(engine, { topic, partition }, { isolation })).map(({ value }) => value)
}
