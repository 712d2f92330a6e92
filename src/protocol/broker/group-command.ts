import type { CommittedOffset, GroupDescription } from '../../contracts/engine.ts'
import { type EngineFailure, engineFailure, type FailureCode } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { Step } from '../step.ts'
import type { GroupRecord } from './group-records.ts'
import type { Group, InFlight, OfferedProtocol } from './group-state.ts'
import { put } from './group-state.ts'

/** When a command arrives: `now` (ms, never going back) decides about deadlines, `timestamp` (ms since the epoch) is kept. */
export interface Moment {
  readonly now: number
  readonly timestamp: number
}

/** Who asks; `request` is what the reply will name. */
interface Asked extends Moment {
  readonly request: number
}

/** Who a member says it is; its id is empty while it has none. */
interface Claimed extends Asked {
  readonly memberId: string
  readonly instanceId?: string | undefined
}

interface InGeneration extends Claimed {
  /** -1: somebody outside of the membership. */
  readonly generation: number
}

export interface JoinCommand extends Claimed {
  readonly _tag: 'join'
  /** The id it gets if it needs one: never given out before. */
  readonly newMemberId: string
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly OfferedProtocol[]
}

export interface SyncCommand extends InGeneration {
  readonly _tag: 'sync'
  /** Of every member, from the leader; empty from others. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
}

export interface HeartbeatCommand extends InGeneration {
  readonly _tag: 'heartbeat'
}

/** With an empty member id and an instance id, an administrator removes that static member. */
export interface LeaveCommand extends Claimed {
  readonly _tag: 'leave'
}

export interface CommitCommand extends InGeneration {
  readonly _tag: 'commit'
  readonly offsets: readonly CommittedOffset[]
}

/** Offsets that count once the transaction of `producerId` commits. */
export interface TransactionCommitCommand extends InGeneration {
  readonly _tag: 'commit-in-transaction'
  readonly producerId: number
  readonly producerEpoch: number
  readonly offsets: readonly CommittedOffset[]
}

/** The marker of `producerId`'s transaction lies in `__consumer_offsets`. */
export interface EndTransactionCommand {
  readonly _tag: 'end-transaction'
  readonly producerId: number
  readonly commit: boolean
}

export interface FetchOffsetsCommand {
  readonly _tag: 'fetch-offsets'
  readonly request: number
  /** All there are, where none are named. */
  readonly partitions?: readonly TopicPartition[] | undefined
  /** Refuse while a transaction that commits offsets there is undecided. */
  readonly requireStable: boolean
}

/**
 * What may happen to a group.
 *
 * The log's answers (`appended`, `append-failed`) and `end-transaction` come in the order of the log. What was appended
 * outside of a transaction counts as `appended` once it is as durable as the engine promises; inside of one, as soon as
 * its place in the log is fixed, since nobody sees it before the marker.
 */
export type GroupCommand =
  | JoinCommand
  | SyncCommand
  | HeartbeatCommand
  | LeaveCommand
  | CommitCommand
  | TransactionCommitCommand
  | EndTransactionCommand
  | FetchOffsetsCommand
  | { readonly _tag: 'describe'; readonly request: number }
  | ({ readonly _tag: 'delete' } & Asked)
  /** Time has passed: see `deadline`. */
  | ({ readonly _tag: 'expire' } & Moment)
  /** The sweep that drops offsets nobody has used for `retentionMs`. */
  | ({ readonly _tag: 'expire-offsets'; readonly retentionMs: number } & Moment)
  /** The topic was deleted. */
  | ({ readonly _tag: 'forget-topic'; readonly topic: string } & Moment)
  /** Every member is known to be gone: their process is. */
  | ({ readonly _tag: 'evict' } & Moment)
  | ({ readonly _tag: 'appended'; readonly ticket: number; readonly baseOffset: number } & Moment)
  | ({ readonly _tag: 'append-failed'; readonly ticket: number; readonly failure: EngineFailure } & Moment)

/** What the leader needs to know of a member to assign partitions to it. */
export interface JoinedMember {
  readonly memberId: string
  readonly instanceId: string | undefined
  readonly metadata: Uint8Array
}

export interface JoinedReply {
  readonly _tag: 'joined'
  readonly memberId: string
  readonly generation: number
  readonly protocol: string
  readonly leader: string
  /** For the leader; empty for all others. */
  readonly members: readonly JoinedMember[]
  /** The assignment stands, although you are the leader. */
  readonly skipAssignment: boolean
}

export type GroupReply =
  | JoinedReply
  | { readonly _tag: 'synced'; readonly assignment: Uint8Array }
  /** To a heartbeat, a leave, a commit, a deletion. */
  | { readonly _tag: 'done' }
  | { readonly _tag: 'offsets'; readonly offsets: readonly CommittedOffset[] }
  | { readonly _tag: 'described'; readonly description: GroupDescription }
  /** `memberId` comes with `member-id-required`: join again under it. */
  | { readonly _tag: 'refused'; readonly failure: EngineFailure; readonly memberId?: string }

/**
 * What the coordinator wants done. Every request is answered by exactly one `reply`, now or later; every `append`,
 * made in this order, by `appended` or `append-failed` with its ticket.
 */
export type GroupEffect =
  | { readonly _tag: 'reply'; readonly request: number; readonly reply: GroupReply }
  | {
      readonly _tag: 'append'
      readonly ticket: number
      readonly records: readonly GroupRecord[]
      /** Whose transactional batch it is. */
      readonly producer?: { readonly producerId: number; readonly producerEpoch: number }
    }

export type GroupStep = Step<Group, GroupEffect>

export const unchanged = (group: Group): GroupStep => [group, []]

export const answered = (group: Group, request: number | undefined, reply: GroupReply): GroupStep =>
  request === undefined ? [group, []] : [group, [{ _tag: 'reply', request, reply }]]

export const done: GroupReply = { _tag: 'done' }

export interface Refusal {
  readonly code: FailureCode
  readonly message: string
}

export const refused = (group: Group, request: number | undefined, refusal: Refusal): GroupStep =>
  answered(group, request, { _tag: 'refused', failure: engineFailure(refusal.code, refusal.message) })

/** Hands `records` to the log and remembers what hangs on it. */
export const append = (
  group: Group,
  waiting: InFlight,
  records: readonly GroupRecord[],
  producer?: { readonly producerId: number; readonly producerEpoch: number },
): GroupStep => {
  const ticket = group.nextTicket
  const effect: GroupEffect = { _tag: 'append', ticket, records, ...(producer === undefined ? {} : { producer }) }
  return [{ ...group, nextTicket: ticket + 1, inFlight: put(group.inFlight, ticket, waiting) }, [effect]]
}
