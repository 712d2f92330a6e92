import type { GroupDescription } from '../../contracts/engine.ts'
import type { Offsets } from './group-offset-table.ts'
import { noOffsets } from './group-offset-table.ts'

/**
 * - `Empty`: no members; offsets may be committed from outside.
 * - `PreparingRebalance`: waits for its members to join again.
 * - `CompletingRebalance`: waits for the leader's assignment.
 * - `Stable`: every member may have its assignment.
 * - `Dead`: deleted; a group of that name begins anew.
 */
export type GroupPhase = GroupDescription['state']

export interface GroupSettings {
  /** How long the first rebalance of an empty group waits for more members. 0: it is like any other. */
  readonly initialRebalanceDelayMs: number
  /** How long the first join of a member may wait for its generation: it has no other sign of life to give. */
  readonly newMemberJoinTimeoutMs: number
  /** Longest metadata of a committed offset, in UTF-16 units. */
  readonly maxOffsetMetadataLength: number
}

/** Kafka's defaults. */
export const kafkaGroupSettings: GroupSettings = {
  initialRebalanceDelayMs: 3_000,
  newMemberJoinTimeoutMs: 300_000,
  maxOffsetMetadataLength: 4_096,
}

/** A way of assigning partitions that a member offers, and what it says to the leader under it. */
export interface OfferedProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export interface Member {
  readonly memberId: string
  readonly instanceId: string | undefined
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Best first. */
  readonly protocols: readonly OfferedProtocol[]
  readonly assignment: Uint8Array
  /** When its session ends, unless it gives a sign of life before. */
  readonly deadline: number
  /** It has never seen a generation, so that {@link deadline} counts while its join waits. */
  readonly isNew: boolean
  /** Its request that waits for the next generation. */
  readonly join: number | undefined
  /** Its request that waits for the leader's assignment. */
  readonly sync: number | undefined
}

/** The wait of `PreparingRebalance`. */
export interface JoinWait {
  readonly deadline: number
  /** Of a first rebalance: how much longer it may wait for more, and whether one came in this round. */
  readonly initial?: { readonly delayMs: number; readonly remainingMs: number; readonly newMember: boolean }
}

/** What happens once the log has, or has not, taken what was handed to it. */
export type InFlight =
  | { readonly _tag: 'emptied' }
  | { readonly _tag: 'assignment'; readonly generation: number; readonly of: ReadonlyMap<string, Uint8Array> }
  | { readonly _tag: 'replaced'; readonly memberId: string }
  | { readonly _tag: 'commit'; readonly request: number; readonly offsets: Offsets }
  | { readonly _tag: 'transaction'; readonly request: number; readonly producerId: number; readonly offsets: Offsets }
  | { readonly _tag: 'expiry'; readonly offsets: Offsets }
  | { readonly _tag: 'deletion'; readonly request: number | undefined }

/** One consumer group, as its coordinator knows it. */
export interface Group {
  readonly name: string
  readonly settings: GroupSettings
  readonly phase: GroupPhase
  /** When it came into its phase, milliseconds since the epoch; -1 where that is not known. */
  readonly since: number
  readonly generation: number
  /** `undefined` until somebody joins: offsets that are only committed from outside are a simple group's. */
  readonly protocolType: string | undefined
  readonly protocol: string | undefined
  readonly leader: string | undefined
  /** In order of joining. */
  readonly members: ReadonlyMap<string, Member>
  /** Member ids that were handed out but have not joined, and until when they may. */
  readonly pending: ReadonlyMap<string, number>
  readonly joinWait: JoinWait | undefined
  /** Members whose sync of this generation has not come, and until when it must. */
  readonly syncWait: { readonly deadline: number; readonly members: ReadonlySet<string> } | undefined
  readonly offsets: Offsets
  /** Offsets of undecided transactions, by producer id. */
  readonly undecided: ReadonlyMap<number, Offsets>
  /** By ticket, in the order in which they were handed to the log. */
  readonly inFlight: ReadonlyMap<number, InFlight>
  readonly nextTicket: number
}

/** A group nobody has heard of. */
export const emptyGroup = (name: string, settings: GroupSettings): Group => ({
  name,
  settings,
  phase: 'Empty',
  since: -1,
  generation: 0,
  protocolType: undefined,
  protocol: undefined,
  leader: undefined,
  members: new Map(),
  pending: new Map(),
  joinWait: undefined,
  syncWait: undefined,
  offsets: noOffsets,
  undecided: new Map(),
  inFlight: new Map(),
  nextTicket: 0,
})

/** `map` with one entry more, or another one. */
export const put = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> => new Map(map).set(key, value)

/** `map` without `keys`. */
export const without = <K, V>(map: ReadonlyMap<K, V>, keys: Iterable<K>): ReadonlyMap<K, V> => {
  const left = new Map(map)
  for (const key of keys) left.delete(key)
  return left.size === 0 ? noEntries : left
}

const noEntries: ReadonlyMap<never, never> = new Map<never, never>()

export const withMember = (group: Group, member: Member): Group => ({
  ...group,
  members: put(group.members, member.memberId, member),
})

/** Which member has `instanceId`. */
export const memberOfInstance = (group: Group, instanceId: string): Member | undefined => {
  for (const member of group.members.values()) if (member.instanceId === instanceId) return member
  return undefined
}

/** The longest that a member of the group may take to join again. */
export const rebalanceTimeoutMs = (group: Group): number => {
  let longest = 0
  for (const member of group.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
  return longest
}

/** Whether nothing is left of the group that its coordinator has to remember. */
export const isForgettable = (group: Group): boolean =>
  group.phase === 'Dead'
    ? group.inFlight.size === 0
    : group.phase === 'Empty' &&
      group.protocolType === undefined &&
      group.pending.size + group.offsets.size + group.undecided.size + group.inFlight.size === 0
