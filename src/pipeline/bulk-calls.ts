import { bulkOf, runBulk } from './bulk.ts'
import type { Entry } from './entry.ts'
import type { Stage } from './plan.ts'
import type { TaskParts } from './task-parts.ts'

/** Hands the bulk work of a task what waits for it, one bulk at a time. */
export class BulkCalls {
  readonly #parts: TaskParts
  readonly #ended: (entries: readonly Entry[]) => void
  /** Of the call that is under way. */
  #controller: AbortController | undefined

  constructor(parts: TaskParts, ended: (entries: readonly Entry[]) => void) {
    this.#parts = parts
    this.#ended = ended
  }

  get isUnderWay(): boolean {
    return this.#controller !== undefined
  }

  /** Calls it for the furthest stage that has something, unless it is at work. */
  start(): void {
    const { setup, window } = this.#parts
    const { stages } = setup.plan
    if (stages.length === 1 || this.isUnderWay) return
    for (let stage = stages.length - 2; stage >= 0; stage--) {
      const { work } = stages[stage] as Stage
      const entries = work === undefined ? [] : bulkOf(window, stage, work.maxRecords)
      if (work === undefined || entries.length === 0) continue
      for (const entry of entries) entry.state = 'in-bulk'
      void runBulk(entries, work, this.#call).then(() => {
        this.#controller = undefined
        this.#ended(entries)
      })
      return
    }
  }

  abort(reason: Error): void {
    this.#controller?.abort(reason)
  }

  /** The signal of one call, whose time begins now. */
  readonly #call = (entries: readonly Entry[]): AbortSignal => {
    this.#controller = new AbortController()
    const startedAtMs = this.#parts.setup.clock.elapsed()
    for (const entry of entries) entry.startedAtMs = startedAtMs
    return this.#controller.signal
  }
}
