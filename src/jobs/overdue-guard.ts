import type { Barrier } from '../contracts/tier.ts'

/**
 * What was written to tiers and may still be on its way there, by task: whatever is due behind it waits until it has been read
 * back, so that jobs fire in the order in which they are due, also when there is much to catch up with.
 */
export class OverdueGuard implements Barrier {
  readonly #earliest = new Map<number, number>()
  readonly #isBlind: boolean

  /** A blind one sees nothing, for tests. */
  constructor(isBlind = false) {
    this.#isBlind = isBlind
  }

  /** When the earliest is due that is on its way in `task`; infinity where none is. */
  of(task: number): number {
    return this.#earliest.get(task) ?? Number.POSITIVE_INFINITY
  }

  add(task: number, dueMs: number): void {
    if (!this.#isBlind && dueMs < this.of(task)) this.#earliest.set(task, dueMs)
  }

  takeOverdue(task: number, nowMs: number): boolean {
    return this.of(task) <= nowMs && this.#earliest.delete(task)
  }
}
