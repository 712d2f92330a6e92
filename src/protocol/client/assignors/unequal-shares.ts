import { type AssignorMember, compare } from './assignor.ts'
import type { Claims, Unit } from './claims.ts'

interface Sharing {
  readonly shares: Map<string, Unit[]>
  readonly owner: Map<Unit, string>
}

/** A partition and who may have it. */
export interface Offered {
  readonly unit: Unit
  readonly topic: string
  readonly readers: readonly AssignorMember[]
}

/**
 * Shares partitions out among members that do not read the same topics: everyone keeps what is theirs, the rest goes to
 * whoever has least of those who may, and then partitions move as long as that evens out a difference of two or more.
 * Of several that could move, one that goes back to its owner does, so that no two members swap.
 *
 * Source: the general case of Kafka's sticky assignors. Each move brings the sizes closer, so that it ends.
 */
export const unequalShares = (
  offered: readonly Offered[],
  members: readonly AssignorMember[],
  claims: Claims,
): ReadonlyMap<string, readonly Unit[]> => {
  const sharing: Sharing = { shares: new Map(members.map((member) => [member.memberId, []])), owner: new Map() }
  const free: Offered[] = []
  for (const each of offered) {
    const owner = claims.get(each.unit)?.owner
    if (each.readers.some((reader) => reader.memberId === owner)) give(sharing, each.unit, owner ?? '')
    else free.push(each)
  }
  free.sort((a, b) => a.readers.length - b.readers.length || compare(a.topic, b.topic))
  for (const { unit, readers } of free) {
    const poorest = leastLoaded(sharing, readers)
    if (poorest !== undefined) give(sharing, unit, poorest)
  }
  let moved = true
  while (moved) {
    moved = false
    for (const each of offered) if (evenOut(sharing, each, offered, claims)) moved = true
  }
  return sharing.shares
}

const give = ({ shares, owner }: Sharing, unit: Unit, to: string): void => {
  const before = shares.get(owner.get(unit) ?? '')
  before?.splice(before.indexOf(unit), 1)
  shares.get(to)?.push(unit)
  owner.set(unit, to)
}

const load = ({ shares }: Sharing, memberId: string): number => shares.get(memberId)?.length ?? 0

/** The first of `readers` that has least. */
const leastLoaded = (sharing: Sharing, readers: readonly AssignorMember[]): string | undefined => {
  let poorest: string | undefined
  for (const { memberId } of readers)
    if (poorest === undefined || load(sharing, memberId) < load(sharing, poorest)) poorest = memberId
  return poorest
}

/** Moves a partition of `each`'s topic away from its owner, if that owner has two more than another reader. */
const evenOut = (sharing: Sharing, each: Offered, offered: readonly Offered[], claims: Claims): boolean => {
  const from = sharing.owner.get(each.unit)
  const to = leastLoaded(sharing, each.readers)
  if (from === undefined || to === undefined || load(sharing, from) < load(sharing, to) + 2) return false
  const returning = offered.find(
    ({ unit, topic }) => topic === each.topic && sharing.owner.get(unit) === from && claims.get(unit)?.owner === to,
  )
  give(sharing, (returning ?? each).unit, to)
  return true
}
