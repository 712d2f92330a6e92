import type { CommittedOffset } from '../../contracts/engine.ts'
import { andThen } from '../step.ts'
import {
  answered,
  append,
  type CommitCommand,
  done,
  type EndTransactionCommand,
  type FetchOffsetsCommand,
  type GroupStep,
  type Refusal,
  refused,
  type TransactionCommitCommand,
  unchanged,
} from './group-command.ts'
import { generationRefusal, rebalancing } from './group-fencing.ts'
import { renewed } from './group-membership.ts'
import {
  entriesOf,
  merged,
  noOffsets,
  type OffsetEntry,
  type Offsets,
  offsetOf,
  offsetTable,
} from './group-offset-table.ts'
import type { OffsetRecord } from './group-records.ts'
import { type Group, put, without } from './group-state.ts'

/** Commits offsets outside of a transaction; a member's commit is a sign of life. */
export const commit = (group: Group, command: CommitCommand): GroupStep => {
  const refusal = commitRefusal(group, command, false) ?? metadataRefusal(group, command.offsets)
  if (refusal !== undefined) return refused(group, command.request, refusal)
  const alive = renewed(group, command.memberId, command.now)
  const entries = entriesToStore(command)
  if (entries.length === 0) return answered(alive, command.request, done)
  const waiting = { _tag: 'commit' as const, request: command.request, offsets: offsetTable(entries) }
  return append(alive, waiting, recordsOf(group.name, entries))
}

/**
 * Takes offsets that count once `producerId`'s transaction commits. From now on until its marker they are undecided,
 * so that nobody who requires stable offsets reads the old ones.
 */
export const commitInTransaction = (group: Group, command: TransactionCommitCommand): GroupStep => {
  const refusal = commitRefusal(group, command, true) ?? metadataRefusal(group, command.offsets)
  if (refusal !== undefined) return refused(group, command.request, refusal)
  const entries = entriesToStore(command)
  if (entries.length === 0) return answered(group, command.request, done)
  const { request, producerId, producerEpoch } = command
  const waiting = { _tag: 'transaction' as const, request, producerId, offsets: offsetTable(entries) }
  return append(group, waiting, recordsOf(group.name, entries), { producerId, producerEpoch })
}

/**
 * Who may commit: a member of the current generation, and outsiders while the group is empty. A new generation that
 * is not yet assigned waits, except in a transaction; one that is only being prepared still takes the old one's
 * commits. A transaction without any group metadata is not fenced. Source: KIP-447, Kafka's ClassicGroup.
 */
const commitRefusal = (
  group: Group,
  command: CommitCommand | TransactionCommitCommand,
  transactional: boolean,
): Refusal | undefined => {
  if (group.phase === 'Dead') return rebalancing(group)
  if (command.generation < 0 && group.phase === 'Empty') return undefined
  const anonymous = command.generation < 0 && command.memberId === '' && command.instanceId === undefined
  if (anonymous && transactional) return undefined
  const refusal = generationRefusal(group, command)
  if (refusal !== undefined) return refusal
  return !transactional && group.phase === 'CompletingRebalance' ? rebalancing(group) : undefined
}

const metadataRefusal = (group: Group, offsets: readonly CommittedOffset[]): Refusal | undefined => {
  const limit = group.settings.maxOffsetMetadataLength
  const long = offsets.find(({ metadata }) => metadata.length > limit)
  return long === undefined
    ? undefined
    : {
        code: 'invalid-record',
        message: `the metadata of the offset of ${long.topic}-${long.partition} has ${long.metadata.length} characters; group ${group.name} keeps ${limit}`,
      }
}

const entriesToStore = ({ offsets, timestamp }: CommitCommand | TransactionCommitCommand): OffsetEntry[] =>
  offsets.map(({ topic, partition, offset, metadata }) => ({
    topic,
    partition,
    offset,
    leaderEpoch: -1,
    metadata,
    commitTimestamp: timestamp,
    recordOffset: -1,
  }))

const recordsOf = (group: string, entries: readonly OffsetEntry[]): OffsetRecord[] =>
  entries.map(({ topic, partition, offset, leaderEpoch, metadata, commitTimestamp }) => ({
    _tag: 'offset',
    group,
    topic,
    partition,
    value: { offset, leaderEpoch, metadata, commitTimestamp },
  }))

/** `offsets` of `producerId`, lying at `recordOffset`, wait for its marker. */
export const undecided = (group: Group, producerId: number, offsets: Offsets, recordOffset: number): Group => ({
  ...group,
  undecided: put(
    group.undecided,
    producerId,
    merged(group.undecided.get(producerId) ?? noOffsets, offsets, recordOffset),
  ),
})

/** The marker: what waited for it counts where nothing later has been committed, or is dropped. */
export const endTransaction = (group: Group, { producerId, commit }: EndTransactionCommand): GroupStep => {
  const offsets = group.undecided.get(producerId)
  if (offsets === undefined) return unchanged(group)
  const decided = { ...group, undecided: without(group.undecided, [producerId]) }
  return unchanged(commit ? { ...decided, offsets: merged(group.offsets, offsets) } : decided)
}

/** Whether a transaction that commits an offset of that partition is undecided, or has just been accepted. */
export const isUndecided = (group: Group, at: { readonly topic: string; readonly partition: number }): boolean => {
  for (const offsets of group.undecided.values()) if (offsetOf(offsets, at) !== undefined) return true
  for (const waiting of group.inFlight.values())
    if (waiting._tag === 'transaction' && offsetOf(waiting.offsets, at) !== undefined) return true
  return false
}

const undecidedEntries = (group: Group): readonly OffsetEntry[] => [
  ...[...group.undecided.values()].flatMap(entriesOf),
  ...[...group.inFlight.values()].flatMap((w) => (w._tag === 'transaction' ? entriesOf(w.offsets) : [])),
]

/** The committed offsets of `partitions`, of all where none are named; only those that there are. */
export const fetchOffsets = (group: Group, { request, partitions, requireStable }: FetchOffsetsCommand): GroupStep => {
  const unstable = !requireStable
    ? undefined
    : partitions === undefined
      ? undecidedEntries(group)[0]
      : partitions.find((at) => isUndecided(group, at))
  if (unstable !== undefined)
    return refused(group, request, {
      code: 'unstable-offsets',
      message: `a transaction that commits the offset of ${unstable.topic}-${unstable.partition} for group ${group.name} is still undecided: ask again`,
    })
  const entries =
    partitions === undefined
      ? entriesOf(group.offsets)
      : partitions.flatMap(({ topic, partition }) => {
          const stored = offsetOf(group.offsets, { topic, partition })
          return stored === undefined ? [] : [{ topic, partition, ...stored }]
        })
  const offsets = entries.map(({ topic, partition, offset, metadata }) => ({ topic, partition, offset, metadata }))
  return answered(group, request, { _tag: 'offsets', offsets })
}

/** The offsets of `waiting` are in the log at `baseOffset`. */
export const commitInLog = (group: Group, request: number, offsets: Offsets, baseOffset: number): GroupStep =>
  answered({ ...group, offsets: merged(group.offsets, offsets, baseOffset) }, request, done)

export const transactionInLog = (
  group: Group,
  waiting: { readonly request: number; readonly producerId: number; readonly offsets: Offsets },
  baseOffset: number,
): GroupStep =>
  andThen(unchanged(undecided(group, waiting.producerId, waiting.offsets, baseOffset)), (group) =>
    answered(group, waiting.request, done),
  )
