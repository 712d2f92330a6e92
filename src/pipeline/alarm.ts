import type { Clock } from '../contracts/clock.ts'

/** Rings at the earliest of the times that it was set to. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #set: { readonly dueAtMs: number; readonly cancel: () => void } | undefined

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  setIn(delayMs: number): void {
    const dueAtMs = this.#clock.elapsed() + delayMs
    if (this.#set !== undefined && this.#set.dueAtMs <= dueAtMs) return
    this.cancel()
    const ring = (): void => {
      this.#set = undefined
      this.#ring()
    }
    this.#set = { dueAtMs, cancel: this.#clock.after(delayMs, ring, true) }
  }

  cancel(): void {
    this.#set?.cancel()
  }
}
