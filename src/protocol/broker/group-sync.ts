import type { EngineFailure } from '../../contracts/failure.ts'
import { andThen } from '../step.ts'
import { answered, append, type GroupStep, type Moment, refused, type SyncCommand, unchanged } from './group-command.ts'
import { generationRefusal, rebalancing } from './group-fencing.ts'
import { generationRecord, rebalance } from './group-rebalance.ts'
import { type Group, type Member, withMember } from './group-state.ts'

/** Hands out the generation's assignment: at once where it stands, else when the leader's is in the log. */
export const sync = (group: Group, command: SyncCommand): GroupStep => {
  const refusal = generationRefusal(group, command)
  if (refusal !== undefined) return refused(group, command.request, refusal)
  const member = group.members.get(command.memberId)
  if (member === undefined || group.phase === 'PreparingRebalance')
    return refused(group, command.request, rebalancing(group))
  const heard = heardFrom(group, command.memberId)
  if (group.phase === 'Stable')
    return answered(heard, command.request, { _tag: 'synced', assignment: member.assignment })
  return park(heard, command, member)
}

/** The member has synced: when all have, nobody is waited for any longer. */
const heardFrom = (group: Group, memberId: string): Group => {
  if (!group.syncWait?.members.has(memberId)) return group
  const members = new Set(group.syncWait.members)
  members.delete(memberId)
  return { ...group, syncWait: members.size === 0 ? undefined : { ...group.syncWait, members } }
}

const park = (group: Group, command: SyncCommand, member: Member): GroupStep =>
  andThen(refused(group, member.sync, rebalancing(group)), (group) => {
    const parked = withMember(group, { ...member, sync: command.request })
    return member.memberId === group.leader && !isBeingWritten(group) ? write(parked, command) : unchanged(parked)
  })

const isBeingWritten = (group: Group): boolean => {
  for (const waiting of group.inFlight.values())
    if (waiting._tag === 'assignment' && waiting.generation === group.generation) return true
  return false
}

const write = (group: Group, { assignments }: SyncCommand): GroupStep => {
  const of = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]))
  return append(group, { _tag: 'assignment', generation: group.generation, of }, [generationRecord(group, of)])
}

/** The leader's assignment of `generation` is in the log. */
export const assignmentInLog = (
  group: Group,
  generation: number,
  of: ReadonlyMap<string, Uint8Array>,
  { now, timestamp }: Moment,
): GroupStep => {
  if (group.phase !== 'CompletingRebalance' || group.generation !== generation) return unchanged(group)
  let step = unchanged({ ...group, phase: 'Stable' as const, since: timestamp })
  for (const member of group.members.values())
    step = andThen(step, (group) => {
      const assignment = of.get(member.memberId) ?? new Uint8Array(0)
      const assigned = { ...member, assignment, sync: undefined }
      const alive = member.sync === undefined ? assigned : { ...assigned, deadline: now + member.sessionTimeoutMs }
      return answered(withMember(group, alive), member.sync, { _tag: 'synced', assignment })
    })
  return step
}

/** The log has refused the assignment: whoever waits for it is told so, and all join again. */
export const assignmentFailed = (
  group: Group,
  generation: number,
  failure: EngineFailure,
  moment: Moment,
): GroupStep => {
  if (group.phase !== 'CompletingRebalance' || group.generation !== generation) return unchanged(group)
  let step = unchanged(group)
  for (const member of group.members.values())
    step = andThen(step, (group) => {
      const told = { ...member, sync: undefined, deadline: moment.now + member.sessionTimeoutMs }
      return answered(withMember(group, told), member.sync, { _tag: 'refused', failure })
    })
  return andThen(step, (group) => rebalance(group, moment))
}
