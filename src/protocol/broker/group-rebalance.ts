import { andThen } from '../step.ts'
import { answered, append, type GroupStep, type JoinedReply, type Moment, refused, unchanged } from './group-command.ts'
import { rebalancing } from './group-fencing.ts'
import type { GenerationRecord } from './group-records.ts'
import { type Group, type Member, rebalanceTimeoutMs, withMember, without } from './group-state.ts'

const nothing = new Uint8Array(0)

/** The membership has changed: a new generation is due, or the one being prepared may be complete. */
export const rebalance = (group: Group, moment: Moment): GroupStep =>
  group.phase === 'PreparingRebalance' ? completeIfAllJoined(group, moment) : prepare(group, moment)

const prepare = (group: Group, moment: Moment): GroupStep => {
  const { initialRebalanceDelayMs: delayMs } = group.settings
  const first = group.phase === 'Empty' && delayMs > 0
  const timeoutMs = rebalanceTimeoutMs(group)
  return andThen(
    group.phase === 'CompletingRebalance' ? withdrawAssignment(group, moment) : unchanged(group),
    (group) => {
      const initial = { delayMs, remainingMs: Math.max(timeoutMs - delayMs, 0), newMember: false }
      const preparing: Group = {
        ...group,
        phase: 'PreparingRebalance',
        since: moment.timestamp,
        syncWait: undefined,
        joinWait: first ? { deadline: moment.now + delayMs, initial } : { deadline: moment.now + timeoutMs },
      }
      return completeIfAllJoined(preparing, moment)
    },
  )
}

/** Takes back what the leader has, or has not yet, assigned: those who wait for it join again. */
const withdrawAssignment = (group: Group, { now }: Moment): GroupStep => {
  let step = unchanged(group)
  for (const member of group.members.values())
    step = andThen(step, (group) => {
      const left = { ...member, assignment: nothing, sync: undefined }
      const alive = member.sync === undefined ? left : { ...left, deadline: now + member.sessionTimeoutMs }
      return refused(withMember(group, alive), member.sync, rebalancing(group))
    })
  return step
}

/** The rebalance that is being prepared is complete once nobody is missing, unless it is a first one: that waits. */
export const completeIfAllJoined = (group: Group, moment: Moment): GroupStep => {
  if (group.phase !== 'PreparingRebalance' || group.joinWait?.initial !== undefined) return unchanged(group)
  // without members nobody's time says how long to wait for those who are pending
  if (group.pending.size > 0 && group.members.size > 0) return unchanged(group)
  for (const member of group.members.values()) if (member.join === undefined) return unchanged(group)
  return completeJoin(group, moment)
}

/** The wait for joins is over; a first rebalance waits on, within bounds, while new members keep coming. */
export const joinWaitIsOver = (group: Group, moment: Moment): GroupStep => {
  const initial = group.joinWait?.initial
  if (initial === undefined || !initial.newMember || initial.remainingMs === 0) return completeJoin(group, moment)
  const delayMs = Math.min(group.settings.initialRebalanceDelayMs, initial.remainingMs)
  const remainingMs = Math.max(initial.remainingMs - initial.delayMs, 0)
  return unchanged({
    ...group,
    joinWait: { deadline: moment.now + delayMs, initial: { delayMs, remainingMs, newMember: false } },
  })
}

/** Begins the next generation with those who have joined; static members keep their place for a session. */
const completeJoin = (group: Group, moment: Moment): GroupStep => {
  const missing = [...group.members.values()].filter((m) => m.join === undefined && m.instanceId === undefined)
  const members = without(
    group.members,
    missing.map((member) => member.memberId),
  )
  const leader = electLeader(group.leader, members)
  if (members.size > 0 && leader === undefined) {
    // only absent static members: wait for one of them, or for their sessions to end
    const joinWait = { deadline: moment.now + rebalanceTimeoutMs({ ...group, members }) }
    return unchanged({ ...group, members, leader: undefined, joinWait })
  }
  const next = {
    ...group,
    members,
    leader,
    joinWait: undefined,
    since: moment.timestamp,
    generation: group.generation + 1,
  }
  if (leader === undefined) {
    const empty: Group = { ...next, phase: 'Empty', protocol: undefined }
    return append(empty, { _tag: 'emptied' }, [generationRecord(empty)])
  }
  const completing: Group = {
    ...next,
    phase: 'CompletingRebalance',
    protocol: elected([...members.values()]),
    syncWait: { deadline: moment.now + rebalanceTimeoutMs(next), members: new Set(members.keys()) },
  }
  return answerJoins(completing, moment)
}

const answerJoins = (group: Group, { now }: Moment): GroupStep => {
  let step = unchanged(group)
  for (const member of group.members.values())
    step = andThen(step, (group) => {
      const joined = { ...member, join: undefined, isNew: false, deadline: now + member.sessionTimeoutMs }
      return answered(withMember(group, joined), member.join, joinedReply(group, member.memberId))
    })
  return step
}

/** The old leader where it has joined, else the first who has. */
const electLeader = (leader: string | undefined, members: ReadonlyMap<string, Member>): string | undefined => {
  if (leader !== undefined && members.get(leader)?.join !== undefined) return leader
  for (const member of members.values()) if (member.join !== undefined) return member.memberId
  return undefined
}

/** Every member votes for its first protocol that all support; most votes win, and of equals the first one voted for. */
export const elected = (members: readonly Member[]): string | undefined => {
  const common = (name: string) => members.every((member) => member.protocols.some((offered) => offered.name === name))
  const votes = new Map<string, number>()
  for (const member of members) {
    const vote = member.protocols.find((offered) => common(offered.name))?.name
    if (vote !== undefined) votes.set(vote, (votes.get(vote) ?? 0) + 1)
  }
  let winner: string | undefined
  for (const [name, count] of votes) if (winner === undefined || count > (votes.get(winner) ?? 0)) winner = name
  return winner
}

/** What `memberId` is told about the current generation: the leader alone learns who else is in it. */
export const joinedReply = (group: Group, memberId: string, skipAssignment = false): JoinedReply => ({
  _tag: 'joined',
  memberId,
  generation: group.generation,
  protocol: group.protocol ?? '',
  leader: group.leader ?? '',
  members:
    memberId === group.leader
      ? [...group.members.values()].map((member) => ({
          memberId: member.memberId,
          instanceId: member.instanceId,
          metadata: metadataOf(member, group.protocol),
        }))
      : [],
  skipAssignment,
})

/** What `member` says under `protocol`. */
export const metadataOf = (member: Member, protocol: string | undefined): Uint8Array =>
  member.protocols.find((offered) => offered.name === protocol)?.metadata ?? nothing

/** The record of the current generation; `assignments` where they are not the members' yet. */
export const generationRecord = (group: Group, assignments?: ReadonlyMap<string, Uint8Array>): GenerationRecord => ({
  _tag: 'generation',
  group: group.name,
  value: {
    protocolType: group.protocolType ?? '',
    generation: group.generation,
    protocol: group.protocol ?? null,
    leader: group.leader ?? null,
    since: group.since,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId ?? null,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription: metadataOf(member, group.protocol),
      assignment: assignments === undefined ? member.assignment : (assignments.get(member.memberId) ?? nothing),
    })),
  },
})
