/** A unit of assignment (a partition, a task) by name. */
export type Unit = string

/** What a member says it has. */
export interface Claimant {
  readonly memberId: string
  readonly generation: number
  readonly units: readonly Unit[]
}

export interface Claim {
  /** Whose it is: the claim of the highest generation, and nobody's where two of them are equal. */
  readonly owner: string | undefined
  /** Every live member that believes to have it. */
  readonly claimants: ReadonlySet<string>
}

export type Claims = ReadonlyMap<Unit, Claim>

/** Settles who has what, where members that missed a generation claim what is no longer theirs. */
export const settleClaims = (members: readonly Claimant[]): Claims => {
  const claims = new Map<Unit, { owner: string | undefined; generation: number; claimants: Set<string> }>()
  for (const { memberId, generation, units } of members)
    for (const unit of new Set(units)) {
      const other = claims.get(unit)
      if (other === undefined) claims.set(unit, { owner: memberId, generation, claimants: new Set([memberId]) })
      else {
        other.claimants.add(memberId)
        if (generation === other.generation) other.owner = undefined
        else if (generation > other.generation) {
          other.owner = memberId
          other.generation = generation
        }
      }
    }
  return claims
}

/**
 * Takes out of `shares` each unit that another live member still believes to have: it is told to give it back, joins
 * again when it has, and only then does the unit go to its new owner.
 */
export const withheld = (
  shares: ReadonlyMap<string, readonly Unit[]>,
  claims: Claims,
): ReadonlyMap<string, readonly Unit[]> =>
  new Map(
    [...shares].map(([memberId, units]) => [
      memberId,
      units.filter((unit) => {
        const claim = claims.get(unit)
        if (claim === undefined || claim.owner === memberId) return true
        return claim.claimants.size === 1 && claim.claimants.has(memberId)
      }),
    ]),
  )
