/**
 * Where a job waits:
 * - `tier`: among those that wait equally long, until it is due
 * - `rung`: on the ladder, until it goes to a place where one waits shorter
 * - `near`: among those that are due soon, until it is due
 */
export type Place =
  | { readonly _tag: 'tier'; readonly waitMs: number }
  | { readonly _tag: 'rung'; readonly waitMs: number }
  | { readonly _tag: 'near' }

/** How long jobs wait, and where. Plain data. */
export interface Ladder {
  /** How long one waits on each rung, the longest first. */
  readonly rungsMs: readonly number[]
  /** A job that comes later than this to its tier would be waited for behind others: it goes elsewhere. */
  readonly slackMs: number
  /** How long one waits in each tier: a job that was scheduled for another, by another version of the program, goes elsewhere. */
  readonly tiersMs: ReadonlySet<number>
}

const near: Place = { _tag: 'near' }

/**
 * Where a job waits that is due at `dueMs`, `waitMs` behind its schedule where that is a tier's: in the tier, if it comes in time;
 * else on the longest rung that is not longer than what is left; else near.
 */
export const placeOf = (ladder: Ladder, dueMs: number, now: number, waitMs?: number): Place => {
  const leftMs = dueMs - now
  if (waitMs !== undefined && ladder.tiersMs.has(waitMs) && leftMs > waitMs - ladder.slackMs)
    return { _tag: 'tier', waitMs }
  const rungMs = ladder.rungsMs.find((rung) => rung <= leftMs)
  return rungMs === undefined ? near : { _tag: 'rung', waitMs: rungMs }
}

/** Until when a job waits at `place` where it has come to at `now`: never beyond `dueMs`. */
export const hopAt = (place: Place, dueMs: number, now: number): number =>
  place._tag === 'rung' ? Math.min(now + place.waitMs, dueMs) : dueMs

/**
 * At how many places a job waits at most that is due `leftMs` from now, where it leaves each of them in time: on the longest rung
 * again and again, on each other as often as it goes into the one above, and near.
 */
export const hopBound = ({ rungsMs }: Ladder, leftMs: number): number => {
  let hops = 1
  let left = leftMs
  for (const rung of rungsMs) {
    hops += Math.floor(left / rung)
    // what is left below the rung may be all of it, but for a moment
    left = Math.min(left, rung - 1)
  }
  return hops
}
