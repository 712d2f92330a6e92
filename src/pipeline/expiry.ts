import type { Clock } from '../contracts/clock.ts'
import type { LiveTask } from './live-task.ts'
import type { Place } from './place.ts'
import type { TaskStore } from './task-store.ts'

/** How many keys of a store are removed with one commit, about. */
const removalsMax = 1_000

export interface ExpirySetup {
  readonly clock: Clock
  readonly tasks: () => Iterable<LiveTask>
  /** The run cannot go on. */
  readonly failed: (error: unknown) => void
}

/**
 * Removes what has expired from the stores of an instance, and from their changelogs, whether records come or not: some at each
 * {@link look}, and where there were many, more after the commit that takes them ({@link goOn}). Stores look after themselves then, too.
 */
export class Expiry {
  readonly #o: ExpirySetup
  readonly #looking = new Set<LiveTask>()
  #more = new Set<LiveTask>()

  constructor(setup: ExpirySetup) {
    this.#o = setup
  }

  look(): void {
    for (const task of this.#o.tasks()) this.#look(task)
  }

  goOn(): void {
    if (this.#more.size === 0) return
    const tasks = this.#more
    this.#more = new Set()
    for (const task of tasks) this.#look(task)
  }

  #look(task: LiveTask): void {
    if (task.state !== 'running' || this.#looking.has(task)) return
    const stores = [...task.stores.values()].filter((store) => store.mayExpire || store.declaration.in === 'disk')
    if (stores.length === 0) return
    this.#looking.add(task)
    this.#remove(task, stores)
      .catch((error: unknown) => {
        if (task.isOurs) this.#o.failed(error)
      })
      .finally(() => this.#looking.delete(task))
  }

  async #remove(task: LiveTask, stores: readonly TaskStore[]): Promise<void> {
    const now = this.#o.clock.now()
    const place = task.places[0] as Place
    for (const store of stores) {
      await store.state.commit([], undefined)
      if (!store.mayExpire) continue
      const keys = await store.state.expired(now, removalsMax)
      if (task.state !== 'running') return
      if (keys.length >= removalsMax) this.#more.add(task)
      // at once: what a record sets meanwhile is behind them
      const removals = keys.flatMap((key) => store.removeExpired(key, now) ?? [])
      task.runner?.expire(removals, place.source, place.committed)
    }
  }
}
