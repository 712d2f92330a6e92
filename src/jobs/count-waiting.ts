import { readRecords } from '../batch/read-records.ts'
import { topicsOf } from '../codec/delayed.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import type { Engine, OffsetAt } from '../contracts/engine.ts'
import { type Position, partitionName } from '../contracts/position.ts'
import { settle } from '../contracts/settle.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { rungWaits, tierWaits } from './rules.ts'

/**
 * What waits, of all tasks, by offsets and by the first record of each topic: about. Records of jobs that were cancelled or replaced
 * are among it until they surface, and the ends of transactions too.
 */
export interface WaitingJobs {
  readonly waiting: number
  /** Of those in tiers and on the ladder, what has waited there for as long as it should. */
  readonly overdue: number
  /** For how many milliseconds the oldest lies where it waits: 0 where none does. */
  readonly oldestMs: number
  /** By how many milliseconds the first of those in tiers and on the ladder is overdue: 0 where none is. */
  readonly overdueMs: number
}

export const nothingWaits: WaitingJobs = { waiting: 0, overdue: 0, oldestMs: 0, overdueMs: 0 }

interface Place {
  readonly topic: AnyTopic
  /** How long each waits there; `undefined` where that differs. */
  readonly waitMs?: number
}

export const countWaiting = async (engine: Engine, delayed: AnyDelayed, now: number): Promise<WaitingJobs> => {
  const { tiers, plain, ladder, near } = topicsOf(delayed)
  const waits = tierWaits(delayed)
  const timed = [...topicsByWait(tiers, waits), ...topicsByWait(plain, waits), ...topicsByWait(ladder, rungWaits)]
  const committed = await settle(engine.groups.committed(delayed.name))
  const offsetOf = new Map(committed.map((at) => [partitionName(at), at.offset]))
  const counts = await Promise.all([...timed, { topic: near }].map((place) => countAt(engine, place, offsetOf, now)))
  return counts.reduce(
    (sum, one) => ({
      waiting: sum.waiting + one.waiting,
      overdue: sum.overdue + one.overdue,
      oldestMs: Math.max(sum.oldestMs, one.oldestMs),
      overdueMs: Math.max(sum.overdueMs, one.overdueMs),
    }),
    nothingWaits,
  )
}

const countAt = async (
  engine: Engine,
  { topic: { name: topic, partitions }, waitMs }: Place,
  offsetOf: ReadonlyMap<string, number>,
  now: number,
): Promise<WaitingJobs> => {
  const ask = (at: OffsetAt) =>
    settle(
      engine.reader.offsets(
        Array.from({ length: partitions }, (_, partition) => ({ topic, partition, at })),
        'read_committed',
      ),
    )
  const starts = (await ask('earliest')).map((start) => ({
    ...start,
    offset: Math.max(start.offset, offsetOf.get(partitionName(start)) ?? 0),
  }))
  const upTo = (ends: readonly { readonly offset: number }[]): number =>
    starts.reduce((sum, { offset }, at) => sum + Math.max(0, (ends[at]?.offset ?? 0) - offset), 0)
  const ends = await ask('latest')
  const heads = starts.filter(({ offset }, at) => offset < (ends[at]?.offset ?? 0))
  const writtenMs = await Promise.all(heads.map((head) => writtenAt(engine, head)))
  const oldestMs = Math.max(0, ...writtenMs.map((ms) => (ms === undefined ? 0 : now - ms)))
  return {
    waiting: upTo(ends),
    overdue: waitMs === undefined ? 0 : upTo(await ask({ timestamp: Math.max(0, now - waitMs) })),
    oldestMs,
    overdueMs: waitMs === undefined ? 0 : Math.max(0, oldestMs - waitMs),
  }
}

/** One record, mostly: a fetch never cuts a batch. */
const oneBatchBytes = 1

/** When the first record from there on was written; `undefined` where it is gone, or there is none. */
const writtenAt = async (engine: Engine, position: Position): Promise<number | undefined> => {
  const request = { positions: [position], isolation: 'read_committed', maxBytes: oneBatchBytes, maxWaitMs: 0 } as const
  const [fetched] = await settle(engine.reader.fetch(request))
  let writtenMs: number | undefined
  for (const batch of fetched?.batches ?? [])
    readRecords(batch, ({ offset, timestamp }) => {
      if (offset >= position.offset) writtenMs ??= timestamp
    })
  return writtenMs
}

const topicsByWait = (topics: ReadonlyMap<string, AnyTopic>, waits: ReadonlyMap<string, number>): readonly Place[] =>
  [...topics].map(([name, topic]) => ({ topic, waitMs: waits.get(name) ?? 0 }))
