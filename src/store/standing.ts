/** Where a copy of a store on this machine stands, in words that it carries with it. */
export interface Standing {
  /** Of the changelog that it is a copy of: a topic created anew under the same name is another. */
  readonly changelogId: string
  /** All that was committed there before is in it. */
  readonly from: number
  /** Nothing of it was committed there from here on. */
  readonly to: number
  /** When it stood at {@link from}, in milliseconds since the epoch. */
  readonly takenAt: number
}

/** The changelog as it is now. */
export interface ChangelogNow {
  readonly id: string
  readonly start: number
  readonly end: number
  /** For how long a removal is to be found there. */
  readonly tombstonesMs: number
  readonly now: number
}

/** Why a copy is of no use, in words; `undefined` where the changelog from {@link Standing.from} on makes it whole. */
export const whyUseless = (standing: Standing, changelog: ChangelogNow): string | undefined => {
  if (standing.changelogId !== changelog.id) return 'it is of a changelog that is no more'
  if (standing.to > changelog.end)
    return `it goes up to offset ${standing.to}, and the changelog ends at ${changelog.end}: something has taken that back`
  if (standing.from < changelog.start)
    return `it goes up to offset ${standing.from}, and the changelog begins at ${changelog.start}`
  const ageMs = changelog.now - standing.takenAt
  if (ageMs >= changelog.tombstonesMs - marginMs)
    return `it is ${ageMs} ms old, and the changelog may have forgotten what was removed since`
  return undefined
}

/** Clocks of several machines, and what was under way when it was taken. */
const marginMs = 60 * 60 * 1000

export const readStanding = (text: string): Standing | undefined => {
  try {
    const read: unknown = JSON.parse(text)
    return isStanding(read) ? read : undefined
  } catch {
    return undefined
  }
}

const isStanding = (read: unknown): read is Standing => {
  if (typeof read !== 'object' || read === null) return false
  const { changelogId, from, to, takenAt } = read as Record<string, unknown>
  return typeof changelogId === 'string' && [from, to, takenAt].every((one) => Number.isSafeInteger(one))
}
