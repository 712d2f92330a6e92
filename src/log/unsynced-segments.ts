import type { LogDirectory } from './log-directory.ts'
import type { Segment } from './segment.ts'
import { isStorageFull } from './storage-failure.ts'

/** The segments of a partition that may hold what is not durable, and what makes them so. */
export class UnsyncedSegments {
  readonly #directory: LogDirectory
  readonly #isActive: (segment: Segment) => boolean
  readonly #segments: Set<Segment>
  #flushing: Promise<void> = Promise.resolve()
  #underWay = 0

  /** Those that are not active give back their descriptors when they are synced. */
  constructor(directory: LogDirectory, segments: readonly Segment[], isActive: (segment: Segment) => boolean) {
    this.#directory = directory
    this.#segments = new Set(segments)
    this.#isActive = isActive
  }

  add(segment: Segment): void {
    this.#segments.add(segment)
  }

  /** It is gone. */
  delete(segment: Segment): void {
    this.#segments.delete(segment)
  }

  /** Whether anything that was written is not known to be durable. */
  get dirty(): boolean {
    return this.#segments.size > 0 || this.#underWay > 0 || this.#directory.dirty
  }

  /**
   * Everything written before the call survives a power loss when it answers. Rejects with `StorageError`; after one
   * that found no room it may be called again.
   */
  flush(): Promise<void> {
    const before = this.#flushing.catch((error: unknown) => {
      if (!isStorageFull(error)) throw error
    })
    this.#flushing = before.then(() => this.#flushNow())
    return this.#flushing
  }

  async #flushNow(): Promise<void> {
    const segments = [...this.#segments]
    for (const segment of segments) segment.flush()
    this.#segments.clear()
    this.#underWay++
    for (const segment of segments) {
      await segment.sync()
      if (!this.#isActive(segment)) segment.release()
    }
    await this.#directory.sync()
    this.#underWay--
  }
}
