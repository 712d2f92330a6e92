/** The due times that one task hands out for one tier. */
export interface Rung {
  readonly lastDueMs: number
  /** All that comes before it waits `extraMs` longer. */
  readonly slotEndsAtMs: number
  readonly extraMs: number
}

/** A rung on which nothing waits yet. */
export const freshRung: Rung = { lastDueMs: 0, slotEndsAtMs: 0, extraMs: 0 }

/** When something begins to wait, and how long. Times in milliseconds, by a clock that may be set either way. */
export interface Wait {
  readonly nowMs: number
  readonly waitMs: number
  /** How much longer it may wait, as a part of `waitMs`: 0.1 is a tenth. */
  readonly jitter: number
  /** Uniform over [0, 1). */
  readonly draw: () => number
}

/**
 * The next due time of a rung.
 *
 * **Guarantees** never earlier than `waitMs` from now, nor later than that and the jitter; and, as long as the clock is not set
 * back, never before one that was handed out earlier: records that lie in the order in which they came lie in the order in
 * which they are due.
 */
// One draw for all that fails within a moment, and not one for each: the largest of many draws, behind which all later
// ones would queue, is always nearly all of the jitter, so that the tasks of an outage would come back together.
export const dueAfter = (rung: Rung, { nowMs, waitMs, jitter, draw }: Wait): Rung => {
  const jitterMs = Math.floor(waitMs * jitter)
  const isOpen = nowMs < rung.slotEndsAtMs && rung.slotEndsAtMs <= nowMs + jitterMs
  const { slotEndsAtMs, extraMs } = isOpen ? rung : { slotEndsAtMs: nowMs + jitterMs, extraMs: pick(jitterMs, draw) }
  const dueMs = nowMs + waitMs + extraMs
  // what was handed out before the clock was set back is no measure any more
  const isBeyond = rung.lastDueMs > nowMs + waitMs + jitterMs
  return { lastDueMs: isBeyond ? dueMs : Math.max(rung.lastDueMs, dueMs), slotEndsAtMs, extraMs }
}

const pick = (jitterMs: number, draw: () => number): number =>
  jitterMs === 0 ? 0 : Math.floor(draw() * (jitterMs + 1))
