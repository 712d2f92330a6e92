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
 * **Guarantees** what `assignor` refuses does not end those that are at work: they are assigned to without the members that
 * read other topics, and these are told why they get nothing.
 *
 * **Errors** those of the assignor where nobody is at work, and `inconsistent-protocol` for a member that cannot be read.
 */
export const assignParts = (
  group: string,
  assignor: AssignorName,
  joined: JoinedReply,
  counts: PartitionCounts,
): E.Either<EngineFailure, Parts> =>
  E.Monad.chain(readMembers(group, joined), (members) => {
    const assigned = assignors[assignor].assign(members, counts)
    const topics = topicsAtWork(members)
    const fitting = members.filter((member) => member.topics.every((topic) => topics.has(topic)))
    const isKept = E.isRight(assigned) || fitting.length === 0
    return E.Functor.map(isKept ? assigned : assignors[assignor].assign(fitting, counts), (assignment) =>
      members.map((member) => {
        const { memberId, owned } = member
        const partitions = assignment.get(memberId) ?? []
        const givesBack = assignors[assignor].cooperative && minus(owned, partitions).length > 0
        const isMisfit = E.isLeft(assigned) && !assignment.has(memberId)
        const refusal = isMisfit ? misfit(group, topics, member, assigned.left) : undefined
        const userData = encodeNote({ members: members.length, givesBack, refusal })
        return { memberId, assignment: encodeAssignment({ partitions, userData }) }
      }),
    )
  })

const topicsAtWork = (members: readonly AssignorMember[]): ReadonlySet<string> =>
  new Set(members.filter(({ owned }) => owned.length > 0).flatMap((member) => member.topics))

const misfit = (
  group: string,
  topics: ReadonlySet<string>,
  member: AssignorMember,
  { message }: EngineFailure,
): string =>
  `'${group}' is at work on other topics: give what reads these another name, or stop the other first (it reads ${[...topics].join(', ')}; these are ${member.topics.join(', ')}; ${message})`

/** What the leader adds to each assignment, as user data. */
export interface LeaderNote {
  /** How many members there are; 0 where the leader does not say. */
  readonly members: number
  /**
   * This member has something that is not its own any longer, and others wait for it. A static member that was started
   * anew meanwhile does not know: it has to join again, or nobody would ever get it.
   */
  readonly givesBack: boolean
  /** This member does not fit those that are at work, and why. */
  readonly refusal: string | undefined
}

/** It is kept with the group: a list of topics may be long. */
const refusalCharsMax = 1_000

const encodeNote = ({ members, givesBack, refusal }: LeaderNote): Uint8Array =>
  new ByteWriter()
    .int32(members)
    .int16(givesBack ? 1 : 0)
    .string(refusal?.slice(0, refusalCharsMax) ?? null)
    .finish()

/** Other programs' leaders say nothing, or something else. */
export const noteOf = ({ userData }: MemberAssignment): LeaderNote => {
  const silent = { members: 0, givesBack: false, refusal: undefined }
  if (userData === null) return silent
  const note = readBytes(userData, "the leader's note", (reader) => {
    const members = Math.max(reader.int32(), 0)
    const givesBack = reader.int16() === 1
    const refusal = reader.nullableString() ?? undefined
    reader.end()
    return { members, givesBack, refusal }
  })
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
