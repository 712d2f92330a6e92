import { partitionName } from '../../contracts/position.ts'
import type { Found, Show } from './anomalies.ts'
import type { Deed, Evidence, PartitionEvidence } from './evidence.ts'
import type { PolledRecord, Value } from './history.ts'
import { listed, named, shown } from './naming.ts'

/** How a process came by its partitions. */
export type PartitionsBy = 'assign' | 'subscribe'

/**
 * Finds readers that miss records or go back: within an operation (`int-poll-skip`, `int-nonmonotonic-poll`, but for
 * partitions that were rebalanced in it), and from one operation of a process to the next (`poll-skip`,
 * `nonmonotonic-poll`, tolerated while the process subscribes: its partitions may have been elsewhere meanwhile).
 *
 * `partitionsBy` holds for a process until it assigns or subscribes.
 */
export const pollOrder = (evidence: Evidence, found: Found, partitionsBy: PartitionsBy): void => {
  for (const deed of evidence.deeds) withinOperation(evidence, deed, found)
  for (const deeds of evidence.processes.values()) acrossOperations(evidence, deeds, found, partitionsBy)
}

type Misstep = (kind: 'poll-skip' | 'nonmonotonic-poll', show: Show) => void

/** Where a process is in a partition: before the version with this index. */
interface Place {
  readonly index: number
  /** What brought it there, where that was a read. */
  readonly last?: { readonly deed: Deed; readonly record: PolledRecord }
}

const withinOperation = ({ partitions }: Evidence, deed: Deed, found: Found): void => {
  const rebalanced = rebalancedIn(deed)
  for (const [name, records] of deed.polls) {
    const partition = partitions.get(name)
    if (partition === undefined || rebalanced.has(name)) continue
    let place: Place | undefined
    for (const record of records) {
      place = step(partition, place, { deed, record }, (kind, show) => found(`int-${kind}`, show))
    }
  }
}

const rebalancedIn = ({ operation: { did } }: Deed): ReadonlySet<string> => {
  const steps = did._tag === 'transaction' ? did.steps : did._tag === 'poll' ? [did] : []
  return new Set(steps.flatMap((one) => (one._tag === 'poll' ? (one.rebalanced ?? []).map(partitionName) : [])))
}

const acrossOperations = (
  evidence: Evidence,
  deeds: readonly Deed[],
  found: Found,
  partitionsBy: PartitionsBy,
): void => {
  let by = partitionsBy
  let places = new Map<string, Place>()
  for (const deed of deeds) {
    const { did, outcome } = deed.operation
    if (did._tag === 'assign' || did._tag === 'subscribe') {
      if (outcome === 'failed') continue
      // what a group took away may have been elsewhere before it is assigned
      const kept = by === 'subscribe' && did._tag === 'assign' ? new Map<string, Place>() : places
      places = outcome === 'ok' ? placesAfter(evidence, deed, kept) : new Map()
      by = did._tag
    } else if (did._tag === 'crash') places.clear()
    else polled(evidence, deed, places, (kind, show) => found(kind, show, by === 'subscribe'))
  }
}

/** Where a process is once it has been given partitions. */
const placesAfter = (
  { partitions }: Evidence,
  { operation: { did } }: Deed,
  before: ReadonlyMap<string, Place>,
): Map<string, Place> => {
  if (did._tag === 'subscribe')
    return new Map([...before].filter(([name]) => did.topics.includes(partitions.get(name)?.topic ?? '')))
  const places = new Map<string, Place>()
  if (did._tag !== 'assign') return places
  for (const { offset, ...at } of did.partitions) {
    const name = partitionName(at)
    const place =
      offset === undefined ? before.get(name) : { index: partitions.get(name)?.order.indexFrom(offset) ?? 0 }
    if (place !== undefined) places.set(name, place)
  }
  return places
}

/** Judges where an operation went on, and moves `places` behind what it has polled. */
const polled = ({ partitions }: Evidence, deed: Deed, places: Map<string, Place>, found: Misstep): void => {
  for (const [name, records] of deed.polls) {
    const [partition, first, last] = [partitions.get(name), records[0], records.at(-1)]
    if (partition === undefined || first === undefined || last === undefined) continue
    step(partition, places.get(name), { deed, record: first }, found)
    const { outcome } = deed.operation
    // the consumer of a failed one goes back; that of an unknown one may or may not have
    if (outcome === 'ok')
      places.set(name, { index: (partition.order.indexAt(last.offset) ?? 0) + 1, last: { deed, record: last } })
    else if (outcome === 'unknown') places.delete(name)
  }
}

/** Where a record lies; most often it is the one that is expected. */
const indexOf = ({ order }: PartitionEvidence, { offset }: PolledRecord, expected = 0): number =>
  order.versions[expected]?.offset === offset ? expected : (order.indexAt(offset) ?? 0)

/** One record further: answers the place behind it. */
const step = (
  partition: PartitionEvidence,
  place: Place | undefined,
  next: { readonly deed: Deed; readonly record: PolledRecord },
  found: Misstep,
): Place => {
  const index = indexOf(partition, next.record, place?.index)
  if (place !== undefined && index !== place.index) {
    const kind = index > place.index ? 'poll-skip' : 'nonmonotonic-poll'
    found(kind, () => {
      const readings = place.last === undefined ? [next] : [place.last, next]
      return {
        operations: [...new Set(readings.map(({ deed }) => deed.operation))],
        records: readings.map(({ record }) => record),
        what: sentence(partition, place, { ...next, index }),
      }
    })
  }
  return { index: index + 1, last: next }
}

const sentence = (
  { name, order }: PartitionEvidence,
  { index: expected, last }: Place,
  { deed, record, index }: { readonly deed: Deed; readonly record: PolledRecord; readonly index: number },
): string => {
  const at = ({ value, offset }: { readonly value: Value; readonly offset: number }) => `${shown(value)} at ${offset}`
  const skipped = order.versions.slice(expected, index).map(({ offset, claims: [{ value }] }) => at({ value, offset }))
  const before =
    last === undefined
      ? `where it was assigned ${name} at ${order.versions[expected]?.offset ?? 'its end'}`
      : `after ${at(last.record)}${last.deed === deed ? '' : ` in ${named(last.deed.operation)}`}`
  return (
    `${named(deed.operation)} polled ${at(record)} of ${name} ${before}` +
    (skipped.length > 0 ? `, past ${listed(skipped)}` : ', which is not behind it')
  )
}
