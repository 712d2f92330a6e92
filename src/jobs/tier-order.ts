/**
 * How far the tiers of a mover reach, by task: each lies in the order in which its jobs are due, since they come in the order in
 * which they were scheduled. Unless the clock that says when that was is set back: what is due before what is there already
 * would be waited for behind that, and goes elsewhere.
 */
export class TierOrder {
  /** By how long one waits there. */
  readonly #latest: ReadonlyMap<number, number[]>

  constructor(waits: Iterable<number>) {
    this.#latest = new Map(Array.from(waits, (waitMs) => [waitMs, []]))
  }

  /** Whether a job that waits for `waitMs` goes behind all in that tier of `task`, which reaches so far from then on. */
  takes(task: number, waitMs: number, dueMs: number): boolean {
    const latest = this.#latest.get(waitMs)
    if (latest === undefined || dueMs < (latest[task] ?? 0)) return false
    latest[task] = dueMs
    return true
  }
}
