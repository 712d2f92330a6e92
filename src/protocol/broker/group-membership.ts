import { andThen } from '../step.ts'
import {
  answered,
  done,
  type GroupStep,
  type HeartbeatCommand,
  type LeaveCommand,
  type Moment,
  refused,
  unchanged,
} from './group-command.ts'
import { generationRefusal, memberRefusal, rebalancing } from './group-fencing.ts'
import { completeIfAllJoined, joinWaitIsOver, rebalance } from './group-rebalance.ts'
import { type Group, type Member, memberOfInstance, withMember, without } from './group-state.ts'

/** `group` with the session of `memberId` beginning anew. */
export const renewed = (group: Group, memberId: string, now: number): Group => {
  const member = group.members.get(memberId)
  return member === undefined ? group : withMember(group, { ...member, deadline: now + member.sessionTimeoutMs })
}

/** A sign of life. While a rebalance is being prepared it is refused, so that the member joins, and yet counts. */
export const heartbeat = (group: Group, command: HeartbeatCommand): GroupStep => {
  const refusal = generationRefusal(group, command)
  if (refusal !== undefined) return refused(group, command.request, refusal)
  const alive = renewed(group, command.memberId, command.now)
  return group.phase === 'PreparingRebalance'
    ? refused(alive, command.request, rebalancing(group))
    : answered(alive, command.request, done)
}

/** The member goes, and what it waits for is refused. */
export const leave = (group: Group, command: LeaveCommand): GroupStep => {
  const { request, instanceId, memberId } = command
  if (group.pending.has(memberId))
    return andThen(answered(withoutPending(group, [memberId]), request, done), (group) =>
      completeIfAllJoined(group, command),
    )
  const removed = memberId === '' && instanceId !== undefined ? memberOfInstance(group, instanceId) : undefined
  const refusal = removed === undefined ? memberRefusal(group, command) : undefined
  if (refusal !== undefined) return refused(group, request, refusal)
  return andThen(answered(group, request, done), (group) => remove(group, [removed?.memberId ?? memberId], command))
}

/** Takes `memberIds` out of the group, which rebalances if any of them was in it. */
export const remove = (group: Group, memberIds: readonly string[], moment: Moment): GroupStep => {
  const gone = memberIds.flatMap((memberId) => group.members.get(memberId) ?? [])
  if (gone.length === 0) return unchanged(group)
  let step = unchanged(withoutMembers(group, gone))
  for (const { memberId, join, sync } of gone) {
    const removed = {
      code: 'unknown-member' as const,
      message: `member ${memberId} is no longer in group ${group.name}: it left or its session ended; join again`,
    }
    step = andThen(step, (group) => refused(group, join, removed))
    step = andThen(step, (group) => refused(group, sync, removed))
  }
  return andThen(step, (group) => rebalance(group, moment))
}

const withoutMembers = (group: Group, gone: readonly Member[]): Group => {
  const members = without(
    group.members,
    gone.map((member) => member.memberId),
  )
  const [first] = members.keys()
  const leader = group.leader !== undefined && members.has(group.leader) ? group.leader : first
  return { ...group, members, leader }
}

const withoutPending = (group: Group, ids: readonly string[]): Group => ({
  ...group,
  pending: without(group.pending, ids),
})

/** A member that waits for an answer of ours shows no other sign of life; only a new one may wait too long. */
const sessionDeadline = (member: Member): number =>
  member.isNew || (member.join === undefined && member.sync === undefined) ? member.deadline : Number.POSITIVE_INFINITY

/** When {@link expire} has something to do, on the clock of the commands' `now`; Infinity where it never has. */
export const deadline = (group: Group): number => {
  let first = Math.min(
    group.joinWait?.deadline ?? Number.POSITIVE_INFINITY,
    group.syncWait?.deadline ?? Number.POSITIVE_INFINITY,
  )
  for (const at of group.pending.values()) first = Math.min(first, at)
  for (const member of group.members.values()) first = Math.min(first, sessionDeadline(member))
  return first
}

/** Ends every session and wait that is over by `now`. */
export const expire = (group: Group, moment: Moment): GroupStep => {
  const { now } = moment
  const unused = [...group.pending].flatMap(([id, at]) => (at <= now ? [id] : []))
  const silent = [...group.members.values()].flatMap((m) => (sessionDeadline(m) <= now ? [m.memberId] : []))
  let step = unchanged(unused.length === 0 ? group : withoutPending(group, unused))
  step = andThen(step, (group) => remove(group, silent, moment))
  if (unused.length > 0) step = andThen(step, (group) => completeIfAllJoined(group, moment))
  step = andThen(step, (group) =>
    group.joinWait !== undefined && group.joinWait.deadline <= now ? joinWaitIsOver(group, moment) : unchanged(group),
  )
  return andThen(step, (group) =>
    group.syncWait !== undefined && group.syncWait.deadline <= now
      ? remove(group, [...group.syncWait.members], moment)
      : unchanged(group),
  )
}

/** Everyone has gone at once. */
export const evict = (group: Group, moment: Moment): GroupStep => {
  const nobodyPending = withoutPending(group, [...group.pending.keys()])
  return remove(nobodyPending, [...group.members.keys()], moment)
}
