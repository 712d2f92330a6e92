import { topicsOf } from '../codec/delayed.ts'
import { MarkReader, markIn } from '../codec/mark-reader.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import type { Tier, Waiting } from '../contracts/tier.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import type { Place } from '../protocol/delay/ladder.ts'
import { rungWaits, tierWaits } from './rules.ts'

/** Where the jobs of one delayed wait. */
export interface JobTiers {
  readonly tiers: readonly Tier[]
  readonly topicOf: (place: Place) => AnyTopic
  /** When a record is due that waits in `topic`: it says so, or lies in a tier since it was written. */
  readonly dueOf: (topic: string, record: Waiting) => number
}

export const jobTiersOf = (of: AnyDelayed): JobTiers => {
  const { tiers, plain, ladder, near } = topicsOf(of)
  const waits = tierWaits(of)
  const exact = byWait(waits, tiers)
  const rungs = byWait(rungWaits, ladder)
  const equal = [...exact, ...byWait(waits, plain)]
  const waitOf = new Map(equal.map(([waitMs, { name }]) => [name, waitMs]))
  const dueOf = (topic: string, record: Waiting): number => {
    const mark = markOf(record)
    return mark !== undefined && mark.dueMs >= 0 ? mark.dueMs : record.timestamp + (waitOf.get(topic) ?? 0)
  }
  return {
    tiers: [
      ...equal.map(([, topic]): Tier => ({ topic, order: 'due', dueAt: (one) => dueOf(topic.name, one) })),
      ...[...rungs].map(([waitMs, topic]): Tier => ({ topic, order: 'due', dueAt: hopOf(waitMs), goesOn: true })),
      { topic: near, order: 'mixed', dueAt: (one) => dueOf(near.name, one) },
    ],
    topicOf: (place) => (place._tag === 'near' ? near : found(place._tag === 'tier' ? exact : rungs, place.waitMs)),
    dueOf,
  }
}

/** Whoever wrote it may have had a clock that was ahead of the log's: those behind it do not wait for that. */
const hopOf =
  (waitMs: number) =>
  (record: Waiting): number => {
    const mark = markOf(record)
    const { timestamp } = record
    return mark !== undefined && mark.hopMs >= 0 ? Math.min(mark.hopMs, timestamp + waitMs) : timestamp
  }

/** What a record says of its job, until the next is asked for: most often in its first header, where it lies. */
const markOf = ({ inPlace, headers }: Waiting): MarkReader | undefined =>
  inPlace !== undefined && reader.readFirst(inPlace) ? reader : markIn(headers)

const reader = new MarkReader()

const byWait = (
  waits: ReadonlyMap<string, number>,
  topics: ReadonlyMap<string, AnyTopic>,
): ReadonlyMap<number, AnyTopic> => new Map([...waits].map(([name, waitMs]) => [waitMs, found(topics, name)]))

const found = <K>(topics: ReadonlyMap<K, AnyTopic>, key: K): AnyTopic => {
  const topic = topics.get(key)
  if (topic === undefined) throw new Error(`there is no place to wait for '${String(key)}'`)
  return topic
}
