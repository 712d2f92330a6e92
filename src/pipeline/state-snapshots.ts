import type { Clock } from '../contracts/clock.ts'
import type { StateDirectory } from '../contracts/storage.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import { writeSnapshot } from '../store/snapshot-file.ts'

/** A store in memory of one task that is copied now and then. */
export interface Copied {
  readonly state: MemoryStore
  readonly store: string
  readonly task: number
  readonly changelogId: string
  /** Of the file. */
  readonly name: string
  /** The task has it no more. */
  readonly isOver: () => boolean
}

export interface SnapshotSetup {
  readonly directory: StateDirectory
  readonly clock: Clock
  /** After so many bytes of changes a store is worth another file, and never before it has changed by its own size. */
  readonly afterBytes: number
  readonly breathe: () => Promise<void>
  /** One could not be written: what it would have saved is read from the changelog. */
  readonly failed: (copied: Copied, error: unknown) => void
}

/** Writes the stores in memory to files while the run goes on, one at a time. */
export class StateSnapshots {
  readonly #o: SnapshotSetup
  readonly #changedBytes = new Map<Copied, number>()
  readonly #waiting = new Set<Copied>()
  #isAtWork = false

  constructor(setup: SnapshotSetup) {
    this.#o = setup
  }

  /** So many bytes of `copied` have changed, here or in what was read of its changelog. */
  changed(copied: Copied, bytes: number): void {
    const changed = (this.#changedBytes.get(copied) ?? 0) + bytes
    this.#changedBytes.set(copied, changed)
    if (changed < Math.max(this.#o.afterBytes, copied.state.sizeBytes())) return
    this.#waiting.add(copied)
    if (!this.#isAtWork) void this.#work()
  }

  /** The task has it no more. */
  forget(copied: Copied): void {
    this.#changedBytes.delete(copied)
    this.#waiting.delete(copied)
  }

  async #work(): Promise<void> {
    this.#isAtWork = true
    for (const copied of this.#waiting) {
      this.#waiting.delete(copied)
      this.#changedBytes.set(copied, 0)
      await this.#write(copied).catch((error: unknown) => {
        if (!copied.isOver()) this.#o.failed(copied, error)
      })
    }
    this.#isAtWork = false
  }

  async #write(copied: Copied): Promise<void> {
    const { directory, clock, breathe } = this.#o
    const { state, changelogId, name } = copied
    directory.storage.makeDirectory('')
    await writeSnapshot({
      storage: directory.storage,
      name,
      store: state,
      standing: () => ({ changelogId, position: state.position(), to: state.position() }),
      now: clock.now(),
      breathe: async () => {
        await breathe()
        if (copied.isOver()) throw new Error('its task has gone')
      },
    })
  }
}
