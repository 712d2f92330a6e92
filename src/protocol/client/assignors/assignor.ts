import type * as E from 'fp-ts/lib/Either.js'
import type { AssignorName } from '../../../contracts/engine.ts'
import type { EngineFailure } from '../../../contracts/failure.ts'
import type { TopicPartition } from '../../../contracts/position.ts'

/** A member of the group, as the leader sees it when it assigns. */
export interface AssignorMember {
  readonly memberId: string
  readonly instanceId?: string | undefined
  readonly topics: readonly string[]
  /** What it had in `generation`. */
  readonly owned: readonly TopicPartition[]
  /** -1 where it has none. */
  readonly generation: number
}

/** How many partitions each topic has; a topic that does not exist is not in it. */
export type PartitionCounts = ReadonlyMap<string, number>

/** Each member's partitions, for every member. */
export type Assignment = ReadonlyMap<string, readonly TopicPartition[]>

/**
 * Says who reads what.
 *
 * **Guarantees** no partition goes to two members, and to none that does not subscribe to its topic; the result depends
 * on the members and the counts only, not on their order.
 */
export interface Assignor {
  readonly name: AssignorName
  /**
   * Whether members keep what they have while they join. A partition that moves from a live member is then assigned to
   * nobody until that member has given it back, which takes a second generation.
   */
  readonly cooperative: boolean
  readonly assign: (members: readonly AssignorMember[], counts: PartitionCounts) => E.Either<EngineFailure, Assignment>
}

/** Members with an instance id first, by instance id; then by member id. */
export const inOrder = <M extends Pick<AssignorMember, 'memberId' | 'instanceId'>>(members: readonly M[]): M[] =>
  [...members].sort((a, b) => {
    if ((a.instanceId === undefined) !== (b.instanceId === undefined)) return a.instanceId === undefined ? 1 : -1
    return compare(a.instanceId ?? '', b.instanceId ?? '') || compare(a.memberId, b.memberId)
  })

/** By UTF-16 units, as Java compares strings: the same on every machine. */
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The topics that any member subscribes to and that exist, sorted. */
export const topicsOf = (members: readonly AssignorMember[], counts: PartitionCounts): string[] =>
  [...new Set(members.flatMap((member) => member.topics))].filter((topic) => counts.has(topic)).sort(compare)

/** All partitions of `topics`, in that order. */
export const partitionsOf = (topics: readonly string[], counts: PartitionCounts): TopicPartition[] =>
  topics.flatMap((topic) => Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })))

/** An assignment in the making: nothing for anyone yet. */
export const nothingFor = (members: readonly AssignorMember[]): Map<string, TopicPartition[]> =>
  new Map(members.map((member) => [member.memberId, []]))
