import { nothing, type Step } from '../contracts/probe.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'

/** Whom the chain tells how it has ended. */
export interface ChainObserver {
  readonly error: (reason: unknown) => void
  readonly complete: () => void
}

/** A chain of operators of which each has said what it does to a record: the same, and nobody subscribes to anybody. */
export class StepByStep {
  readonly #steps: readonly Step[]
  readonly #end: ChainObserver
  closed = false

  constructor(steps: readonly Step[], end: ChainObserver) {
    this.#steps = steps
    this.#end = end
  }

  next(record: AnyRecord): void {
    const steps = this.#steps
    let made: unknown = record
    try {
      for (let at = 0; at < steps.length && made !== nothing; at++) made = (steps[at] as Step)(made)
    } catch (reason) {
      this.closed = true
      this.#end.error(reason)
    }
  }

  complete(): void {
    if (this.closed) return
    this.closed = true
    this.#end.complete()
  }
}
