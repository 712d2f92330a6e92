import type { Claims, Unit } from './claims.ts'

/**
 * Shares `units` out among `members`, who may all have any of them: nobody has two more than another, and everyone
 * keeps as much as that allows of what `claims` says is theirs.
 *
 * Both lists are in the order in which ties are decided. Source: the constrained case of Kafka's sticky assignors.
 */
export const equalShares = (
  units: readonly Unit[],
  members: readonly string[],
  claims: Claims,
): Map<string, Unit[]> => {
  const least = Math.floor(units.length / members.length)
  let larger = units.length % members.length
  const shares = new Map<string, Unit[]>(members.map((memberId) => [memberId, []]))
  for (const unit of units) shares.get(claims.get(unit)?.owner ?? '')?.push(unit)

  const kept = new Set<Unit>()
  for (const share of shares.values()) {
    const keepsOneMore = larger > 0 && share.length > least
    if (keepsOneMore) larger -= 1
    share.length = Math.min(share.length, keepsOneMore ? least + 1 : least)
    for (const unit of share) kept.add(unit)
  }

  const left = units.filter((unit) => !kept.has(unit))
  let next = 0
  const fill = (upTo: number, most: number): void => {
    let open = [...shares.values()].filter((share) => share.length < upTo).slice(0, most)
    while (open.length > 0 && next < left.length) {
      for (const share of open) share.push(...left.slice(next, ++next))
      open = open.filter((share) => share.length < upTo)
    }
  }
  fill(least, members.length)
  fill(least + 1, larger)
  return shares
}
