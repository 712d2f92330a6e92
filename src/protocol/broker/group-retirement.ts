import * as E from 'fp-ts/lib/Either.js'
import { consumerProtocol, decodeSubscription } from '../client/consumer-protocol.ts'
import { append, type GroupStep, type Refusal, refused, unchanged } from './group-command.ts'
import { entriesOf, type OffsetEntry, type Offsets, offsetOf, offsetTable, pruned } from './group-offset-table.ts'
import { isUndecided } from './group-offsets.ts'
import { metadataOf } from './group-rebalance.ts'
import type { GroupRecord } from './group-records.ts'
import type { Group } from './group-state.ts'

const tombstones = (group: Group, entries: readonly OffsetEntry[]): GroupRecord[] =>
  entries.map(({ topic, partition }) => ({ _tag: 'offset', group: group.name, topic, partition, value: null }))

const groupTombstone = (group: Group): GroupRecord => ({ _tag: 'generation', group: group.name, value: null })

/** Deletes an empty group with all its offsets; from now on nobody can join, and once it is written down it is gone. */
export const deleteGroup = (group: Group, request: number): GroupStep => {
  if (group.phase === 'Dead') return refused(group, request, unknownGroup(group))
  if (group.phase !== 'Empty')
    return refused(group, request, {
      code: 'group-not-empty',
      message: `group ${group.name} has ${group.members.size} members (${group.phase}): stop them first`,
    })
  const entries = [group.offsets, ...group.undecided.values(), ...[...group.inFlight.values()].flatMap(offsetsOf)]
  const all = entriesOf(offsetTable(entries.flatMap(entriesOf)))
  const dead: Group = { ...group, phase: 'Dead' }
  return append(dead, { _tag: 'deletion', request }, [...tombstones(group, all), groupTombstone(group)])
}

const offsetsOf = (waiting: Group['inFlight'] extends ReadonlyMap<number, infer W> ? W : never): readonly Offsets[] =>
  waiting._tag === 'commit' || waiting._tag === 'transaction' ? [waiting.offsets] : []

export const unknownGroup = (group: Group): Refusal => ({
  code: 'unknown-group',
  message: `group ${group.name} has been deleted`,
})

/**
 * Drops the offsets that nobody has used for `retentionMs`, and the group with the last of them.
 *
 * Counted since the group became empty; in a stable group for topics that it no longer reads, and in one that never
 * had members, since the commit. Never while a transaction on the partition is undecided. Source: KIP-211.
 */
export const expireOffsets = (group: Group, timestamp: number, retentionMs: number): GroupStep => {
  const since = expiryClock(group)
  if (since === undefined) return unchanged(group)
  const inFlight = [...group.inFlight.values()].flatMap(offsetsOf)
  const all = entriesOf(group.offsets)
  const expired = all.filter(
    (entry) =>
      timestamp - since(entry) >= retentionMs &&
      !isUndecided(group, entry) &&
      inFlight.every((offsets) => offsetOf(offsets, entry) === undefined),
  )
  const last =
    group.phase === 'Empty' &&
    expired.length === all.length &&
    group.pending.size + group.undecided.size + group.inFlight.size === 0 &&
    (all.length > 0 || (group.protocolType !== undefined && timestamp - group.since >= retentionMs))
  if (last)
    return append({ ...group, phase: 'Dead' }, { _tag: 'deletion', request: undefined }, [
      ...tombstones(group, expired),
      groupTombstone(group),
    ])
  if (expired.length === 0) return unchanged(group)
  return append(group, { _tag: 'expiry', offsets: offsetTable(expired) }, tombstones(group, expired))
}

/** Since when an offset counts as unused; `undefined` where none does. */
const expiryClock = (group: Group): ((entry: OffsetEntry) => number) | undefined => {
  if (group.protocolType === undefined) return (entry) => entry.commitTimestamp
  if (group.phase === 'Empty') return (entry) => (group.since < 0 ? entry.commitTimestamp : group.since)
  const read = group.phase === 'Stable' && group.protocolType === consumerProtocol ? subscribedTopics(group) : undefined
  return read && ((entry) => (read.has(entry.topic) ? Number.POSITIVE_INFINITY : entry.commitTimestamp))
}

/** What the members read; `undefined` where one of them says it in a way we do not know. */
const subscribedTopics = (group: Group): ReadonlySet<string> | undefined => {
  const topics = new Set<string>()
  for (const member of group.members.values()) {
    const subscription = decodeSubscription(metadataOf(member, group.protocol))
    if (E.isLeft(subscription)) return undefined
    for (const topic of subscription.right.topics) topics.add(topic)
  }
  return topics
}

/**
 * The topic is gone, and its offsets with it, undecided ones too: they mean nothing to another topic of its name.
 * Source: Kafka's OffsetMetadataManager.onPartitionsDeleted.
 */
export const forgetTopic = (group: Group, topic: string): GroupStep => {
  const ofTopic = (offsets: Offsets) => entriesOf(offsets).filter((entry) => entry.topic === topic)
  const gone = [group.offsets, ...group.undecided.values()].flatMap(ofTopic)
  if (gone.length === 0) return unchanged(group)
  const offsets = offsetTable(gone)
  const undecided = new Map([...group.undecided].map(([id, of]) => [id, pruned(of, offsets)]))
  return append({ ...group, undecided }, { _tag: 'expiry', offsets }, tombstones(group, entriesOf(offsets)))
}

/** The tombstones of `offsets` are in the log. */
export const expiryInLog = (group: Group, offsets: Offsets): GroupStep =>
  unchanged({ ...group, offsets: pruned(group.offsets, offsets) })
