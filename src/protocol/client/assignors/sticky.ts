import * as E from 'fp-ts/lib/Either.js'
import { partitionName } from '../../../contracts/position.ts'
import {
  type Assignment,
  type Assignor,
  type AssignorMember,
  inOrder,
  type PartitionCounts,
  partitionsOf,
  topicsOf,
} from './assignor.ts'
import { type Claims, settleClaims, type Unit } from './claims.ts'
import { equalShares } from './equal-shares.ts'
import { unequalShares } from './unequal-shares.ts'

/** Balanced, and as close to what members had before as balance allows. Everyone gives everything back to join. */
export const sticky: Assignor = {
  name: 'sticky',
  cooperative: false,
  assign: (members, counts) => E.right(shareOut(members, counts, (shares) => shares)),
}

/** {@link sticky}'s assignment for `members`, with `adjust` made to it. */
export const shareOut = (
  members: readonly AssignorMember[],
  counts: PartitionCounts,
  adjust: (shares: ReadonlyMap<string, readonly Unit[]>, claims: Claims) => ReadonlyMap<string, readonly Unit[]>,
): Assignment => {
  const ordered = inOrder(members)
  const topics = topicsOf(members, counts)
  const partitions = new Map(partitionsOf(topics, counts).map((tp) => [partitionName(tp), tp]))
  const claims = settleClaims(
    ordered.map(({ memberId, generation, owned }) => ({ memberId, generation, units: owned.map(partitionName) })),
  )
  const equal = ordered.every((member) => topics.every((topic) => member.topics.includes(topic)))
  const ids = ordered.map((member) => member.memberId)
  const readersOf = new Map(topics.map((topic) => [topic, ordered.filter((m) => m.topics.includes(topic))]))
  const shares =
    equal && ids.length > 0
      ? equalShares([...partitions.keys()], ids, claims)
      : unequalShares(
          [...partitions].map(([unit, { topic }]) => ({ unit, topic, readers: readersOf.get(topic) ?? [] })),
          ordered,
          claims,
        )
  const adjusted = adjust(shares, claims)
  return new Map([...adjusted].map(([id, units]) => [id, units.flatMap((unit) => partitions.get(unit) ?? [])]))
}
