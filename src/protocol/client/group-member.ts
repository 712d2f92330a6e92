import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import type { JoinedReply } from '../broker/group-command.ts'
import { andThen } from '../step.ts'
import type { PartitionCounts } from './assignors/assignor.ts'
import { decodeAssignment } from './consumer-protocol.ts'
import { beat, heartbeatReply, intervalMs } from './group-member-heartbeat.ts'
import { backOff, fail, giveBack, join, loseMembership, takeAway } from './group-member-rejoin.ts'
import {
  ask,
  type GroupMembership,
  type MemberCommand,
  type MemberReply,
  type MemberStep,
  tokenOf,
} from './group-member-state.ts'
import { assignParts, noteOf, type Parts, topicsToCount } from './leader-assignment.ts'
import { minus } from './partition-sets.ts'

/**
 * The member's side of a consumer group in Kafka's classic protocol: joins, assigns when it leads, keeps its session
 * alive, gives partitions back, and joins again.
 *
 * **Guarantees** `assigned` once a generation, before anything else of it. With a cooperative assignor only what goes is
 * revoked. What is revoked counts as held, towards the leader too, until it is released or the rebalance timeout has
 * passed, after which it is `lost`. After `ended` there is nothing more.
 *
 * Whoever drives it sends the requests, hands in the replies in any order, and ticks at {@link memberDeadline}.
 *
 * Source: Kafka's ConsumerCoordinator; KIP-345, KIP-394, KIP-429.
 */
export const stepMember = (member: GroupMembership, command: MemberCommand): MemberStep => {
  if (member.phase._tag === 'ended') return [member, []]
  switch (command._tag) {
    case 'start':
      return member.phase._tag === 'idle' ? join(member, command.now) : [member, []]
    case 'reply':
      return answer(member, command.request, command.reply, command.now)
    case 'release':
      return release(member, command.revocation, command.now)
    case 'rejoin':
      return assignAgain(member, command.now)
    case 'hurry':
      return tick({ ...member, heartbeatAt: Math.min(member.heartbeatAt, command.now) }, command.now)
    case 'leave':
      return leave(member, command.now)
    case 'tick':
      return tick(member, command.now)
  }
}

/** When the member has to be ticked; Infinity while it waits for nothing. */
export const memberDeadline = (member: GroupMembership): number => {
  const { phase, heartbeat } = member
  const beating = isBeating(member) ? (heartbeat?.until ?? member.heartbeatAt) : Number.POSITIVE_INFINITY
  const until = 'awaits' in phase ? phase.awaits.until : 'until' in phase ? phase.until : Number.POSITIVE_INFINITY
  return Math.min(beating, until)
}

const isBeating = ({ phase }: GroupMembership): boolean =>
  phase._tag === 'counting' || phase._tag === 'syncing' || phase._tag === 'stable' || phase._tag === 'releasing'

const tick = (member: GroupMembership, now: number): MemberStep => {
  const { phase } = member
  if ('awaits' in phase && phase.awaits.until <= now)
    return answer(member, phase.awaits.request, { _tag: 'refused', failure: unanswered(member, phase._tag) }, now)
  if (phase._tag === 'backing-off' && phase.until <= now) return join(member, now)
  if (phase._tag === 'releasing' && phase.until <= now) {
    const failure = engineFailure(
      'timed-out',
      `${phase.partitions.length} partitions were not released within ${member.options.rebalanceTimeoutMs} ms: finish sooner, or raise the rebalance timeout`,
    )
    return andThen(takeAway(member, phase.partitions, failure), (member) => join(member, now))
  }
  return isBeating(member) ? beat(member, now) : [member, []]
}

const unanswered = ({ options }: GroupMembership, what: string): EngineFailure =>
  engineFailure('timed-out', `no answer while ${what} in group ${options.group}: the request or its answer was lost`)

const answer = (member: GroupMembership, request: number, reply: MemberReply, now: number): MemberStep => {
  if (member.heartbeat?.request === request) return heartbeatReply({ ...member, heartbeat: undefined }, reply, now)
  const { phase } = member
  if (!('awaits' in phase) || phase.awaits.request !== request) return [member, []]
  if (phase._tag === 'leaving') return [{ ...member, phase: { _tag: 'ended' } }, [{ _tag: 'ended' }]]
  if (reply._tag === 'refused') return refusal(member, reply.failure, reply.memberId, now)
  if (phase._tag === 'joining' && reply._tag === 'joined') return joined(member, reply, now)
  if (phase._tag === 'counting' && reply._tag === 'counted') return counted(member, phase.joined, reply.counts, now)
  if (phase._tag === 'syncing' && reply._tag === 'synced') return synced(member, phase.leads, reply.assignment, now)
  return [member, []]
}

const refusal = (
  member: GroupMembership,
  failure: EngineFailure,
  memberId: string | undefined,
  now: number,
): MemberStep => {
  if (failure.code === 'member-id-required' && memberId !== undefined) return join({ ...member, memberId }, now)
  if (failure.code === 'rebalance-in-progress' && member.phase._tag === 'syncing') return join(member, now)
  if (failure.code === 'unknown-member' || failure.code === 'illegal-generation')
    return loseMembership(member, failure, now)
  return failure.kind === 'retriable' || failure.kind === 'indeterminate'
    ? backOff(member, now)
    : fail(member, failure, now)
}

const joined = (before: GroupMembership, reply: JoinedReply, now: number): MemberStep => {
  const { memberId, generation } = reply
  const heartbeatAt = now + intervalMs(before.options)
  const member: GroupMembership = { ...before, memberId, generation, again: false, heartbeatAt }
  const leads = reply.leader === memberId
  if (!leads || reply.skipAssignment) return sync(member, [], leads, now)
  const topics = topicsToCount(member.options.group, reply)
  if (E.isLeft(topics)) return fail(member, topics.left, now)
  const until = now + member.options.requestTimeoutMs
  return ask(member, { _tag: 'count-partitions', topics: topics.right }, (request) => ({
    _tag: 'counting',
    awaits: { request, until },
    joined: reply,
  }))
}

const counted = (member: GroupMembership, joined: JoinedReply, counts: PartitionCounts, now: number): MemberStep => {
  const parts = assignParts(member.options.group, member.options.assignor, joined, counts)
  return E.isLeft(parts) ? fail(member, parts.left, now) : sync(member, parts.right, true, now)
}

const sync = (member: GroupMembership, assignments: Parts, leads: boolean, now: number): MemberStep => {
  const { memberId, generation, options } = member
  const until = now + options.rebalanceTimeoutMs + options.requestTimeoutMs
  return ask(
    member,
    { _tag: 'sync', memberId, instanceId: options.instanceId, generation, assignments },
    (request) => ({
      _tag: 'syncing',
      awaits: { request, until },
      leads,
    }),
  )
}

const synced = (member: GroupMembership, leads: boolean, bytes: Uint8Array, now: number): MemberStep => {
  const { options, memberId, generation, owned } = member
  const decoded = decodeAssignment(bytes)
  if (E.isLeft(decoded))
    return fail(
      member,
      engineFailure(
        'inconsistent-protocol',
        `group ${options.group}, generation ${generation}: ${decoded.left.message}`,
      ),
      now,
    )
  const note = noteOf(decoded.right)
  if (note.refusal !== undefined) return fail(member, engineFailure('inconsistent-protocol', note.refusal), now)
  const { partitions } = decoded.right
  const added = minus(partitions, owned)
  const gone = minus(owned, partitions)
  const assigned: GroupMembership = {
    ...member,
    phase: { _tag: 'stable', leads },
    failures: 0,
    owned: [...owned, ...added],
    token: tokenOf(options, memberId, generation),
    previous: { owned: partitions, generation },
  }
  const told: MemberStep = [assigned, [{ _tag: 'assigned', partitions: added, members: note.members }]]
  if (gone.length > 0 || note.givesBack) return andThen(told, (member) => giveBack(member, gone, now))
  return assigned.again ? andThen(told, (member) => assignAgain(member, now)) : told
}

const release = (member: GroupMembership, revocation: number, now: number): MemberStep => {
  const { phase } = member
  if (phase._tag !== 'releasing' || phase.revocation !== revocation) return [member, []]
  return join({ ...member, owned: minus(member.owned, phase.partitions) }, now)
}

/** Only the leader can bring about a new assignment by itself; in between it makes a note of it. */
const assignAgain = (member: GroupMembership, now: number): MemberStep => {
  const { phase } = member
  if (phase._tag === 'stable' && phase.leads) return giveBack({ ...member, again: false }, 'all', now)
  return [phase._tag === 'counting' || phase._tag === 'syncing' ? { ...member, again: true } : member, []]
}

/** A static member goes without a word: its place is kept for a session. */
const leave = (before: GroupMembership, now: number): MemberStep => {
  const { memberId, options, phase } = before
  if (phase._tag === 'leaving') return [before, []]
  const member = { ...before, owned: [], heartbeat: undefined }
  if (memberId === '' || options.instanceId !== undefined)
    return [{ ...member, phase: { _tag: 'ended' } }, [{ _tag: 'ended' }]]
  const until = now + options.requestTimeoutMs
  return ask(member, { _tag: 'leave', memberId, instanceId: options.instanceId }, (request) => ({
    _tag: 'leaving',
    awaits: { request, until },
  }))
}
