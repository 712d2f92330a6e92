import type { Entry } from './entry.ts'
import { InOrder } from './in-order.ts'

/** Records that failed and run again: the first of them, alone. While there is any, or one of them runs, nothing enters. */
export class Retries {
  readonly #failed = new InOrder()
  #underWay: Entry | undefined

  /** The one that runs again now. */
  get underWay(): Entry | undefined {
    return this.#underWay
  }

  /** The next one. */
  get first(): Entry | undefined {
    return this.#failed.first
  }

  add(entry: Entry, dueAtMs: number): void {
    entry.state = 'failed'
    entry.dueAtMs = dueAtMs
    this.#failed.insert(entry)
  }

  /** Makes the first one what it was before it had run. */
  begin(): Entry {
    const entry = this.#failed.shift() as Entry
    this.#underWay = entry
    entry.hasFailed = false
    entry.isNamedSlow = false
    entry.stage = 0
    return entry
  }

  /** `entry` is done, or has failed again. */
  end(entry: Entry): void {
    if (this.#underWay === entry) this.#underWay = undefined
  }
}
