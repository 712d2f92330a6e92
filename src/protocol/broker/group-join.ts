import { engineFailure } from '../../contracts/failure.ts'
import { andThen } from '../step.ts'
import { answered, append, type GroupStep, type JoinCommand, refused, unchanged } from './group-command.ts'
import { memberRefusal, rebalancing } from './group-fencing.ts'
import { elected, generationRecord, joinedReply, rebalance } from './group-rebalance.ts'
import { type Group, type Member, memberOfInstance, put, withMember, without } from './group-state.ts'

/** Lets a member into the next generation, tells it the current one, or gives a newcomer an id to come back with. */
export const join = (group: Group, command: JoinCommand): GroupStep => {
  if (group.phase === 'Dead') return refused(group, command.request, rebalancing(group))
  if (!isCompatible(group, command))
    return refused(group, command.request, {
      code: 'inconsistent-protocol',
      message: `group ${group.name} (${group.protocolType ?? command.protocolType}) has no protocol in common with ${command.protocols.map((p) => p.name).join(', ') || 'none'}: members of a group share an assignor`,
    })
  if (command.memberId === '')
    return command.instanceId === undefined ? allotId(group, command) : joinInstance(group, command, command.instanceId)
  if (group.pending.has(command.memberId)) return admit(group, command, command.memberId)
  const refusal = memberRefusal(group, command)
  if (refusal !== undefined) return refused(group, command.request, refusal)
  const member = group.members.get(command.memberId)
  return member === undefined ? unchanged(group) : rejoin(group, command, member)
}

/** Whether the members and the newcomer can agree: the same type, and a protocol that all know. */
const isCompatible = (group: Group, { protocolType, protocols }: JoinCommand): boolean => {
  if (protocolType === '' || protocols.length === 0) return false
  if (group.phase === 'Empty') return true
  return (
    protocolType === group.protocolType &&
    protocols.some(({ name }) => {
      for (const member of group.members.values()) if (!member.protocols.some((p) => p.name === name)) return false
      return true
    })
  )
}

/** A newcomer joins twice, so that a join whose answer is lost leaves no member behind that nobody is. */
const allotId = (group: Group, { newMemberId, now, sessionTimeoutMs, request }: JoinCommand): GroupStep =>
  answered({ ...group, pending: put(group.pending, newMemberId, now + sessionTimeoutMs) }, request, {
    _tag: 'refused',
    failure: engineFailure('member-id-required', `join group ${group.name} again as ${newMemberId}`),
    memberId: newMemberId,
  })

const joinInstance = (group: Group, command: JoinCommand, instanceId: string): GroupStep => {
  const before = memberOfInstance(group, instanceId)
  return before === undefined ? admit(group, command, command.newMemberId) : replace(group, command, before)
}

const memberFrom = (command: JoinCommand, memberId: string): Omit<Member, 'deadline' | 'isNew' | 'assignment'> => ({
  memberId,
  instanceId: command.instanceId,
  clientId: command.clientId,
  clientHost: command.clientHost,
  sessionTimeoutMs: Math.max(command.sessionTimeoutMs, 1),
  rebalanceTimeoutMs: Math.max(command.rebalanceTimeoutMs, 1),
  protocols: command.protocols,
  join: command.request,
  sync: undefined,
})

const admit = (group: Group, command: JoinCommand, memberId: string): GroupStep => {
  const initial = group.joinWait?.initial
  const admitted: Group = {
    ...group,
    pending: group.pending.has(memberId) ? without(group.pending, [memberId]) : group.pending,
    protocolType: group.members.size === 0 ? command.protocolType : group.protocolType,
    leader: group.leader ?? memberId,
    joinWait:
      initial === undefined || group.joinWait === undefined
        ? group.joinWait
        : { ...group.joinWait, initial: { ...initial, newMember: true } },
  }
  const member: Member = {
    ...memberFrom(command, memberId),
    assignment: new Uint8Array(0),
    deadline: command.now + group.settings.newMemberJoinTimeoutMs,
    isNew: true,
  }
  return rebalance(withMember(admitted, member), command)
}

/** A static member under a new id: the old one is fenced from now on. */
const replace = (group: Group, command: JoinCommand, before: Member): GroupStep => {
  const memberId = command.newMemberId
  const member: Member = {
    ...memberFrom(command, memberId),
    assignment: before.assignment,
    deadline: command.now + Math.max(command.sessionTimeoutMs, 1),
    isNew: false,
  }
  const fenced = {
    code: 'fenced-instance' as const,
    message: `instance ${before.instanceId} of group ${group.name} has been taken over by member ${memberId}: give each running instance an id of its own`,
  }
  const replaced: Group = {
    ...group,
    // in the place of the old one, so that the order of the members stays
    members: new Map([...group.members].map(([id, m]) => (id === before.memberId ? [memberId, member] : [id, m]))),
    leader: group.leader === before.memberId ? memberId : group.leader,
    syncWait: group.syncWait && {
      ...group.syncWait,
      members: new Set([...group.syncWait.members].map((id) => (id === before.memberId ? memberId : id))),
    },
  }
  const told = andThen(refused(replaced, before.join, fenced), (group) => refused(group, before.sync, fenced))
  return andThen(told, (group) => {
    if (group.phase !== 'Stable' || elected([...group.members.values()]) !== group.protocol)
      return rebalance(group, command)
    return append(group, { _tag: 'replaced', memberId }, [generationRecord(group)])
  })
}

/** A known member joins again: to take part in a rebalance, to ask for one, or because an answer was lost. */
const rejoin = (group: Group, command: JoinCommand, before: Member): GroupStep => {
  const same = sameProtocols(before, command)
  const informed =
    (group.phase === 'CompletingRebalance' && same) ||
    (group.phase === 'Stable' && same && group.leader !== before.memberId)
  if (informed) return answered(group, command.request, joinedReply(group, before.memberId))
  const { sync: _, ...updated } = memberFrom(command, before.memberId)
  const superseded = refused(group, before.join, rebalancing(group))
  return andThen(superseded, (group) => rebalance(withMember(group, { ...before, ...updated }), command))
}

const sameProtocols = (member: Member, { protocols }: JoinCommand): boolean =>
  member.protocols.length === protocols.length &&
  member.protocols.every((offered, i) => {
    const other = protocols[i]
    return other?.name === offered.name && sameBytes(offered.metadata, other.metadata)
  })

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

/** The static member that took over has been written down: it may know its generation. */
export const replacedInLog = (group: Group, memberId: string, now: number): GroupStep => {
  const member = group.members.get(memberId)
  // a rebalance that began meanwhile answers its join instead
  if (member?.join === undefined || group.phase !== 'Stable') return unchanged(group)
  const settled = withMember(group, { ...member, join: undefined, deadline: now + member.sessionTimeoutMs })
  return answered(settled, member.join, joinedReply(group, memberId, group.leader === memberId))
}
