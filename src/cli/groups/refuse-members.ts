import type { GroupDescription, GroupMember } from '../../contracts/engine.ts'
import { partitionName } from '../../contracts/position.ts'
import { Complaint } from '../complaint.ts'
import { counted } from '../say.ts'

/** A {@link Complaint} that names the members of a group that has some, which must not be `done` to it. */
export const refuseMembers = ({ group, members }: GroupDescription, done: 'reset' | 'deleted'): void => {
  if (members.length === 0) return
  throw new Complaint(
    'inUse',
    `group '${group}' has ${counted(members.length, 'member')} and cannot be ${done} meanwhile: stop ${members.map(shownMember).join(', ')} first`,
  )
}

const shownMember = ({ memberId, instanceId, partitions }: GroupMember): string =>
  `${instanceId ?? memberId} (${partitions.map(partitionName).join(', ') || 'no partitions'})`
