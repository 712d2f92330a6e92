import type { Clock } from '../contracts/clock.ts'

/** How long records may run before the event loop gets its turn. */
const sliceMs = 10

/**
 * Lets the event loop breathe: all tasks of a run share one slice of time for each turn of the loop, however many
 * microtasks it is cut into.
 */
export class Breath {
  readonly #clock: Clock
  readonly #waiting: (() => void)[] = []
  #isTurnMarked = false
  #endsAtMs = 0
  /** The clock's `elapsed`, as it was when last looked at. */
  nowMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether this turn's time is over: stop, and {@link await} the next. */
  get isSpent(): boolean {
    this.nowMs = this.#clock.elapsed()
    if (this.#isTurnMarked) return this.nowMs >= this.#endsAtMs
    this.#isTurnMarked = true
    this.#endsAtMs = this.nowMs + sliceMs
    this.#clock.after(0, this.#turn, true)
    return false
  }

  /** Calls `resume` at a later turn; those who wait take turns. */
  await(resume: () => void): void {
    this.#waiting.push(resume)
    if (!this.#isTurnMarked) void this.isSpent // marks a turn, so that there is one
  }

  readonly #turn = (): void => {
    this.#isTurnMarked = false
    while (this.#waiting.length > 0 && !this.isSpent) this.#waiting.shift()?.()
  }
}
