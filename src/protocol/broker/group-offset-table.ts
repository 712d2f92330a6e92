import type { TopicPartition } from '../../contracts/position.ts'
import type { OffsetValue } from './group-records.ts'

/** An offset as the coordinator keeps it. */
export interface StoredOffset extends OffsetValue {
  /** Where its record lies in `__consumer_offsets`; of two, the later one counts. -1 until the log has said. */
  readonly recordOffset: number
}

/** Offsets by topic and partition. Never changed in place. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, StoredOffset>>

export interface OffsetEntry extends TopicPartition, StoredOffset {}

export const noOffsets: Offsets = new Map()

export const offsetOf = (offsets: Offsets, { topic, partition }: TopicPartition): StoredOffset | undefined =>
  offsets.get(topic)?.get(partition)

/** All of them, by topic in order of arrival. */
export const entriesOf = (offsets: Offsets): readonly OffsetEntry[] =>
  [...offsets].flatMap(([topic, of]) => [...of].map(([partition, stored]) => ({ topic, partition, ...stored })))

/** `offsets` with `more` merged in, wherever `more` is the later one, each lying at `recordOffset` where it is given. */
export const merged = (offsets: Offsets, more: Offsets, recordOffset?: number): Offsets => {
  if (offsets.size === 0 && recordOffset === undefined) return more
  const all = new Map(offsets)
  for (const [topic, of] of more) {
    const partitions = new Map(all.get(topic))
    for (const [partition, stored] of of) {
      const placed = recordOffset === undefined ? stored : { ...stored, recordOffset }
      const before = partitions.get(partition)
      if (before === undefined || placed.recordOffset > before.recordOffset) partitions.set(partition, placed)
    }
    all.set(topic, partitions)
  }
  return all
}

/** `offsets` without the partitions of `gone`. */
export const pruned = (offsets: Offsets, gone: Offsets): Offsets => {
  const left = new Map(offsets)
  for (const [topic, of] of gone) {
    const partitions = new Map(left.get(topic))
    for (const partition of of.keys()) partitions.delete(partition)
    if (partitions.size === 0) left.delete(topic)
    else left.set(topic, partitions)
  }
  return left
}

export const offsetTable = (entries: readonly OffsetEntry[]): Offsets => {
  const topics = new Map<string, Map<number, StoredOffset>>()
  for (const { topic, partition, ...stored } of entries) {
    const of = topics.get(topic)
    if (of === undefined) topics.set(topic, new Map([[partition, stored]]))
    else of.set(partition, stored)
  }
  return topics
}
