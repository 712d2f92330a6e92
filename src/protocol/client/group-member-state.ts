import type { AssignorName, GroupToken } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { GroupReply, JoinedReply } from '../broker/group-command.ts'
import type { Step } from '../step.ts'

export interface MemberOptions {
  readonly group: string
  readonly topics: readonly string[]
  readonly assignor: AssignorName
  readonly instanceId?: string | undefined
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** How long an answer may take before it counts as lost; a join may take the rebalance timeout longer. */
  readonly requestTimeoutMs: number
  /** First wait before something that failed is tried again; doubles up to `maxBackoffMs`. */
  readonly backoffMs: number
  readonly maxBackoffMs: number
}

/** What the member asks of the coordinator, and of the topics. */
export type MemberRequest =
  | {
      readonly _tag: 'join'
      readonly memberId: string
      readonly instanceId: string | undefined
      readonly sessionTimeoutMs: number
      readonly rebalanceTimeoutMs: number
      readonly protocolType: string
      readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[]
    }
  | {
      readonly _tag: 'sync'
      readonly memberId: string
      readonly instanceId: string | undefined
      readonly generation: number
      readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
    }
  | {
      readonly _tag: 'heartbeat'
      readonly memberId: string
      readonly instanceId: string | undefined
      readonly generation: number
    }
  | { readonly _tag: 'leave'; readonly memberId: string; readonly instanceId: string | undefined }
  /** How many partitions `topics` have: the leader needs it to assign them. */
  | { readonly _tag: 'count-partitions'; readonly topics: readonly string[] }

export type MemberReply =
  | GroupReply
  /** A topic that does not exist is not in it. */
  | { readonly _tag: 'counted'; readonly counts: ReadonlyMap<string, number> }

export type MemberCommand =
  | { readonly _tag: 'start'; readonly now: number }
  /** A failure of the way there comes as `refused`, too. A reply nobody waits for any longer changes nothing. */
  | { readonly _tag: 'reply'; readonly now: number; readonly request: number; readonly reply: MemberReply }
  /** The application has finished with what `revocation` took from it. */
  | { readonly _tag: 'release'; readonly now: number; readonly revocation: number }
  /** The topics have changed (grown, say): assign anew. */
  | { readonly _tag: 'rejoin'; readonly now: number }
  /** The group is said to rebalance: asks at once, and not when the next heartbeat is due. */
  | { readonly _tag: 'hurry'; readonly now: number }
  | { readonly _tag: 'leave'; readonly now: number }
  /** Time has passed: see `memberDeadline`. */
  | { readonly _tag: 'tick'; readonly now: number }

export type MemberEffect =
  | { readonly _tag: 'request'; readonly request: number; readonly what: MemberRequest }
  /** Once a generation, also with nothing new. `members`: how many there are, 0 where the leader does not say. */
  | { readonly _tag: 'assigned'; readonly partitions: readonly TopicPartition[]; readonly members: number }
  /** To be finished and released, within the rebalance timeout. */
  | { readonly _tag: 'revoked'; readonly partitions: readonly TopicPartition[]; readonly revocation: number }
  /** Gone already: a commit would be refused. */
  | { readonly _tag: 'lost'; readonly partitions: readonly TopicPartition[]; readonly failure: EngineFailure }
  /** The last effect: after a leave without a failure, else with what ended the membership for good. */
  | { readonly _tag: 'ended'; readonly failure?: EngineFailure }

/** A request whose answer is awaited, until when. */
export interface Awaited {
  readonly request: number
  readonly until: number
}

/**
 * - `joining`, `counting`, `syncing`: an answer is awaited.
 * - `releasing`: the application gives partitions back, after which the member joins.
 * - `backing-off`: joins at `until`.
 */
export type MemberPhase =
  | { readonly _tag: 'idle' }
  | { readonly _tag: 'joining'; readonly awaits: Awaited }
  | { readonly _tag: 'counting'; readonly awaits: Awaited; readonly joined: JoinedReply }
  | { readonly _tag: 'syncing'; readonly awaits: Awaited; readonly leads: boolean }
  | { readonly _tag: 'stable'; readonly leads: boolean }
  | {
      readonly _tag: 'releasing'
      readonly revocation: number
      readonly partitions: readonly TopicPartition[]
      readonly until: number
    }
  | { readonly _tag: 'backing-off'; readonly until: number }
  | { readonly _tag: 'leaving'; readonly awaits: Awaited }
  | { readonly _tag: 'ended' }

/** One member of a group, on its own side. */
export interface GroupMembership {
  readonly options: MemberOptions
  readonly phase: MemberPhase
  /** Empty until the coordinator has given one. */
  readonly memberId: string
  /** -1 while it takes part in none. */
  readonly generation: number
  /** What the application has, and what it was told under: the token's generation and member. */
  readonly owned: readonly TopicPartition[]
  readonly token: GroupToken
  /** What an eager member had before it gave it back, for a sticky leader to know. */
  readonly previous: { readonly owned: readonly TopicPartition[]; readonly generation: number }
  /** The next heartbeat is due, and the answer to the last one awaited. */
  readonly heartbeatAt: number
  readonly heartbeat: Awaited | undefined
  /** The topics have changed while this member was about to lead: assign again. */
  readonly again: boolean
  /** How often it has failed since it last came to an assignment. */
  readonly failures: number
  readonly nextRequest: number
  readonly nextRevocation: number
}

export type MemberStep = Step<GroupMembership, MemberEffect>

export const idleMember = (options: MemberOptions): GroupMembership => ({
  options,
  phase: { _tag: 'idle' },
  memberId: '',
  generation: -1,
  owned: [],
  token: tokenOf(options, '', -1),
  previous: { owned: [], generation: -1 },
  heartbeatAt: Number.POSITIVE_INFINITY,
  heartbeat: undefined,
  again: false,
  failures: 0,
  nextRequest: 0,
  nextRevocation: 0,
})

export const tokenOf = (
  { group, instanceId }: Pick<MemberOptions, 'group' | 'instanceId'>,
  memberId: string,
  generation: number,
): GroupToken => ({ group, generation, memberId, ...(instanceId === undefined ? {} : { instanceId }) })

export const ask = (
  member: GroupMembership,
  what: MemberRequest,
  phase: (request: number) => MemberPhase,
): MemberStep => {
  const request = member.nextRequest
  return [{ ...member, phase: phase(request), nextRequest: request + 1 }, [{ _tag: 'request', request, what }]]
}
