import type { Deed, Evidence, PartitionEvidence } from './evidence.ts'
import type { SentRecord } from './history.ts'
import { named, shown } from './naming.ts'

/** `to` came after `from`: it polled what `from` had sent (`wr`), or what it sent lies next behind it (`ww`). */
export interface Dependency {
  readonly by: 'wr' | 'ww'
  readonly from: Deed
  readonly to: Deed
  readonly partition: string
  /** What was read, or the two neighbours. */
  readonly records: readonly SentRecord[]
}

/** All that may be part of a circle: who only reads, or only sends what nobody reads, ends none. */
export const dependencies = ({
  deeds,
  partitions,
}: Evidence): { readonly wr: readonly Dependency[]; readonly ww: readonly Dependency[] } => ({
  wr: deeds.filter(({ sends }) => sends.size > 0).flatMap((deed) => readBy(deed, partitions)),
  ww: [...partitions.values()].flatMap(neighbours),
})

const readBy = (to: Deed, partitions: ReadonlyMap<string, PartitionEvidence>): readonly Dependency[] =>
  [...to.polls].flatMap(([partition, records]) =>
    records.flatMap((record): readonly Dependency[] => {
      const from = partitions.get(partition)?.writers.get(record.value)?.deed
      return from === undefined || from === to ? [] : [{ by: 'wr', from, to, partition, records: [record] }]
    }),
  )

const neighbours = ({ name, topic, partition, order, writers }: PartitionEvidence): readonly Dependency[] => {
  const found: Dependency[] = []
  let before: { readonly deed: Deed; readonly record: SentRecord } | undefined
  for (const { offset, claims } of order.versions) {
    const { value } = claims[0]
    const to = writers.get(value)?.deed
    if (to === undefined) continue
    const record = { topic, partition, offset, value }
    if (before !== undefined && before.deed !== to)
      found.push({ by: 'ww', from: before.deed, to, partition: name, records: [before.record, record] })
    before = { deed: to, record }
  }
  return found
}

/** A dependency, as a part of a sentence. */
export const sentenceOf = ({ by, from, to, partition, records }: Dependency): string => {
  const [first, second] = records.map(({ value, offset }) => `${shown(value)} at ${offset}`)
  return by === 'wr'
    ? `${named(to.operation)} polled ${first} of ${partition}, sent by ${named(from.operation)}`
    : `${second} of ${partition}, sent by ${named(to.operation)}, lies behind ${first}, sent by ${named(from.operation)}`
}
