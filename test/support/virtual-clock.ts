import type { Clock } from '../../src/contracts/clock.ts'

interface Timer {
  readonly due: number
  readonly ring: () => void
}

/** A clock that stands still until it is driven. */
export class VirtualClock implements Clock {
  #elapsed = 0
  #epoch: number
  readonly #timers = new Set<Timer>()
  readonly #settle: () => Promise<void>

  /** `settle` waits for what a ring set in motion, before the next rings. */
  constructor(
    epoch = 1_700_000_000_000,
    settle: () => Promise<void> = () => new Promise((next) => setImmediate(next)),
  ) {
    this.#epoch = epoch
    this.#settle = settle
  }

  readonly now = (): number => this.#epoch + Math.floor(this.#elapsed)
  readonly elapsed = (): number => this.#elapsed

  readonly after = (delayMs: number, ring: () => void): (() => void) => {
    const timer = { due: this.#elapsed + Math.max(0, delayMs), ring }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Sets the wall clock, either way; timers do not notice. */
  step(ms: number): void {
    this.#epoch += ms
  }

  /** Lets `ms` pass, ringing what falls due in its order. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    await this.#settle()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#elapsed = Math.max(this.#elapsed, next.due)
      this.#timers.delete(next)
      next.ring()
      await this.#settle()
    }
    this.#elapsed = end
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers)
      if (timer.due <= end && (first === undefined || timer.due < first.due)) first = timer
    return first
  }
}
