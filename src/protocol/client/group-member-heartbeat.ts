import { fail, giveBack, join, loseMembership } from './group-member-rejoin.ts'
import type { GroupMembership, MemberOptions, MemberReply, MemberStep } from './group-member-state.ts'

/** As Kafka's heartbeat.interval.ms: the answers tell of a rebalance, and until then partitions on the move are nobody's. */
const longestIntervalMs = 3_000

/** At least three signs of life a session, so that one may get lost. */
export const intervalMs = ({ sessionTimeoutMs }: MemberOptions): number =>
  Math.max(1, Math.min(longestIntervalMs, Math.floor(sessionTimeoutMs / 3)))

/** Gives a sign of life when it is due, and stops waiting for the answer to one that got lost. */
export const beat = (before: GroupMembership, now: number): MemberStep => {
  const lost = before.heartbeat !== undefined && before.heartbeat.until <= now
  const member = lost ? { ...before, heartbeat: undefined, heartbeatAt: now } : before
  if (member.heartbeat !== undefined || member.heartbeatAt > now) return [member, []]
  const { memberId, generation, options, nextRequest: request } = member
  const until = now + Math.min(options.requestTimeoutMs, intervalMs(options))
  return [
    { ...member, heartbeat: { request, until }, heartbeatAt: now + intervalMs(options), nextRequest: request + 1 },
    [{ _tag: 'request', request, what: { _tag: 'heartbeat', memberId, instanceId: options.instanceId, generation } }],
  ]
}

/** Goes on, takes part in the rebalance that the refusal speaks of, or learns that it is out. */
export const heartbeatReply = (member: GroupMembership, reply: MemberReply, now: number): MemberStep => {
  if (reply._tag !== 'refused') return [member, []]
  const { failure } = reply
  if (failure.code === 'rebalance-in-progress') {
    if (member.phase._tag === 'stable') return giveBack(member, 'all', now)
    // while the application gives something back, the join comes after it
    return member.phase._tag === 'releasing' ? [member, []] : join(member, now)
  }
  if (failure.code === 'unknown-member' || failure.code === 'illegal-generation')
    return loseMembership(member, failure, now)
  // what may pass is answered by the next heartbeat
  return failure.kind === 'retriable' || failure.kind === 'indeterminate' ? [member, []] : fail(member, failure, now)
}
