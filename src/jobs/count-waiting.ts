import { topicsOf } from '../codec/delayed.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import type { Engine, OffsetAt } from '../contracts/engine.ts'
import { partitionName } from '../contracts/position.ts'
import { settle } from '../contracts/settle.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { rungWaits, tierWaits } from './rules.ts'

/**
 * What waits, of all tasks, by offsets alone: about. Records of jobs that were cancelled or replaced are among it until they
 * surface, and the ends of transactions too.
 */
export interface WaitingJobs {
  readonly waiting: number
  /** Of those in tiers and on the ladder, what has waited there for as long as it should. */
  readonly overdue: number
}

export const countWaiting = async (engine: Engine, delayed: AnyDelayed, now: number): Promise<WaitingJobs> => {
  const { tiers, plain, ladder, near } = topicsOf(delayed)
  const waits = tierWaits(delayed)
  const timed = [...topicsByWait(tiers, waits), ...topicsByWait(plain, waits), ...topicsByWait(ladder, rungWaits)]
  const committed = await settle(engine.groups.committed(delayed.name))
  const offsetOf = new Map(committed.map((at) => [partitionName(at), at.offset]))
  const behind = async ({ name: topic, partitions }: AnyTopic, at: OffsetAt): Promise<number> => {
    const all = (when: OffsetAt) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition, at: when }))
    const starts = await settle(engine.reader.offsets(all('earliest'), 'read_committed'))
    const ends = await settle(engine.reader.offsets(all(at), 'read_committed'))
    const from = (index: number): number => {
      const start = starts[index]
      return start === undefined ? 0 : Math.max(start.offset, offsetOf.get(partitionName(start)) ?? 0)
    }
    return ends.reduce((sum, end, index) => sum + Math.max(0, end.offset - from(index)), 0)
  }
  const sum = async (counts: readonly Promise<number>[]): Promise<number> =>
    (await Promise.all(counts)).reduce((all, count) => all + count, 0)
  return {
    waiting: await sum([near, ...timed.map(({ topic }) => topic)].map((topic) => behind(topic, 'latest'))),
    overdue: await sum(timed.map(({ topic, waitMs }) => behind(topic, { timestamp: Math.max(0, now - waitMs) }))),
  }
}

const topicsByWait = (topics: ReadonlyMap<string, AnyTopic>, waits: ReadonlyMap<string, number>) =>
  [...topics].map(([name, topic]) => ({ topic, waitMs: waits.get(name) ?? 0 }))
