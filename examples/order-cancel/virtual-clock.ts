import type { ConnectOptions } from 'millrace'

type Clock = NonNullable<ConnectOptions['clock']>

interface Timer {
  readonly dueMs: number
  readonly ring: () => void
}

/** How many turns of the event loop are left to what follows from a moment, before it is the next one's turn. */
const turns = 4

/** A clock that goes as fast as it is driven. */
export class VirtualClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 1)
  readonly #beginMs = this.#nowMs
  readonly #timers = new Set<Timer>()

  readonly now = (): number => this.#nowMs
  readonly elapsed = (): number => this.#nowMs - this.#beginMs
  readonly after = (delayMs: number, ring: () => void): (() => void) => {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), ring }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Lets time pass up to `elapsedMs`, timer by timer. */
  async passTo(elapsedMs: number): Promise<void> {
    const endMs = this.#beginMs + elapsedMs
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      this.#timers.delete(next)
      next.ring()
      await this.settle()
    }
    this.#nowMs = Math.max(this.#nowMs, endMs)
    await this.settle()
  }

  /** Lets time pass until `promise` is settled. */
  async while<A>(promise: Promise<A>): Promise<A> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    promise.then(settled, settled)
    for (await this.settle(); !isSettled; ) await this.passTo(this.elapsed() + 1)
    return promise
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await new Promise((done) => setImmediate(done))
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers)
      if (timer.dueMs <= endMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer
    return first
  }
}
