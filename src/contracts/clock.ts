/** Time, handed in: no code of ours reads it elsewhere. */
export interface Clock {
  /** Milliseconds since the epoch, a whole number. May step either way. */
  readonly now: () => number
  /** Milliseconds since some start, never going back. For measuring how long something took. */
  readonly elapsed: () => number
  /**
   * Calls `ring` once, `delayMs` later at the earliest (clamped to 2^31 - 1: check on waking whether it is time).
   * The answer cancels it. A pending timer does not keep the process alive unless `hold` is true.
   */
  readonly after: (delayMs: number, ring: () => void, hold?: boolean) => () => void
}
