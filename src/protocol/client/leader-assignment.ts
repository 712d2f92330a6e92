import * as E from 'fp-ts/lib/Either.js'
import type { AssignorName } from '../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import type { JoinedMember, JoinedReply } from '../broker/group-command.ts'
import { ByteWriter, readBytes } from '../kafka-bytes.ts'
import type { AssignorMember, PartitionCounts } from './assignors/assignor.ts'
import { assignors } from './assignors/index.ts'
import { decodeStickyData, decodeSubscription, encodeAssignment, type MemberAssignment } from './consumer-protocol.ts'
import { minus } from './partition-sets.ts'

/** What the leader sends to the coordinator: each member's part, in bytes. */
export type Parts = readonly { readonly memberId: string; readonly assignment: Uint8Array }[]

/** The topics that the members of the generation read, for which the leader has to know the partitions. */
export const topicsToCount = (group: string, joined: JoinedReply): E.Either<EngineFailure, readonly string[]> =>
  E.Functor.map(readMembers(group, joined), (members) => [...new Set(members.flatMap((member) => member.topics))])

/**
 * The leader's work: reads what the members say, and lets `assignor` decide.
 *
 * **Errors** those of the assignor, and `inconsistent-protocol` for a member that cannot be read.
 */
export const assignParts = (
  group: string,
  assignor: AssignorName,
  joined: JoinedReply,
  counts: PartitionCounts,
): E.Either<EngineFailure, Parts> =>
  E.Monad.chain(readMembers(group, joined), (members) =>
    E.Functor.map(assignors[assignor].assign(members, counts), (assignment) =>
      members.map(({ memberId, owned }) => {
        const partitions = assignment.get(memberId) ?? []
        const givesBack = assignors[assignor].cooperative && minus(owned, partitions).length > 0
        const userData = encodeNote({ members: members.length, givesBack })
        return { memberId, assignment: encodeAssignment({ partitions, userData }) }
      }),
    ),
  )

/** What the leader adds to each assignment, as user data. */
export interface LeaderNote {
  /** How many members there are; 0 where the leader does not say. */
  readonly members: number
  /**
   * This member has something that is not its own any longer, and others wait for it. A static member that was started
   * anew meanwhile does not know: it has to join again, or nobody would ever get it.
   */
  readonly givesBack: boolean
}

const encodeNote = ({ members, givesBack }: LeaderNote): Uint8Array =>
  new ByteWriter()
    .int32(members)
    .int16(givesBack ? 1 : 0)
    .finish()

/** Other programs' leaders say nothing, or something else. */
export const noteOf = ({ userData }: MemberAssignment): LeaderNote => {
  const silent = { members: 0, givesBack: false }
  if (userData?.length !== 6) return silent
  const note = readBytes(userData, "the leader's note", (reader) => ({
    members: Math.max(reader.int32(), 0),
    givesBack: reader.int16() === 1,
  }))
  return E.isRight(note) ? note.right : silent
}

const readMembers = (group: string, joined: JoinedReply): E.Either<EngineFailure, readonly AssignorMember[]> => {
  const members: AssignorMember[] = []
  for (const member of joined.members) {
    const read = readMember(group, member)
    if (E.isLeft(read)) return read
    members.push(read.right)
  }
  return E.right(members)
}

const readMember = (group: string, member: JoinedMember): E.Either<EngineFailure, AssignorMember> => {
  const { memberId, instanceId, metadata } = member
  const read = decodeSubscription(metadata)
  if (E.isLeft(read))
    return E.left(
      engineFailure(
        'inconsistent-protocol',
        `member ${memberId} of group ${group} cannot be read: ${read.left.message}`,
      ),
    )
  const { topics, owned, generation, userData } = read.right
  const had = userData === null || owned.length > 0 ? undefined : decodeStickyData(userData)
  const before = had !== undefined && E.isRight(had) ? had.right : { owned, generation }
  return E.right({ memberId, instanceId, topics, owned: before.owned, generation: before.generation })
}
