/** Whether what was changed is known to be durable, and the syncs that make it so, one after the other. */
export class Unsynced {
  #dirty = false
  #syncing: Promise<void> | undefined
  #underWay = 0

  /** Whether something that was changed is not known to be durable. A sync that failed leaves it so for good. */
  get dirty(): boolean {
    return this.#dirty || this.#underWay > 0
  }

  /** Something was changed. */
  touch(): void {
    this.#dirty = true
  }

  /** What was changed is gone, and need not be durable. */
  forget(): void {
    this.#dirty = false
  }

  /** What was changed before the call is durable when it answers; `sync` makes all of it so. */
  sync(sync: () => Promise<void>): Promise<void> {
    const before = this.#syncing ?? Promise.resolve()
    if (!this.#dirty) return before
    this.#syncing = before.then(() => this.#syncNow(sync))
    return this.#syncing
  }

  async #syncNow(sync: () => Promise<void>): Promise<void> {
    if (!this.#dirty) return
    this.#dirty = false
    this.#underWay++
    await sync()
    this.#underWay--
  }
}
