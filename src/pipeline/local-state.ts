import type { Clock } from '../contracts/clock.ts'
import type { StateStore } from '../contracts/state-store.ts'
import type { StateDirectory } from '../contracts/storage.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import { Breath } from './breath.ts'
import type { RunMetrics } from './counters.ts'
import type { LiveTask } from './live-task.ts'
import type { Notice } from './notice.ts'
import { copyName, snapshotSuffix } from './open-state.ts'
import { type Copied, StateSnapshots } from './state-snapshots.ts'

export interface LocalStateOptions {
  readonly pipeline: string
  readonly directory: StateDirectory | undefined
  readonly clock: Clock
  readonly snapshotBytes: number
  readonly notice: (notice: Notice) => void
}

/** What a run keeps of its state on this machine, and what it reads back. */
export class LocalState {
  #records = 0
  #bytes = 0
  #left = 0
  readonly #snapshots: StateSnapshots | undefined

  constructor({ pipeline, directory, clock, snapshotBytes, notice }: LocalStateOptions) {
    if (directory === undefined) return
    const breath = new Breath(clock)
    this.#snapshots = new StateSnapshots({
      directory,
      clock,
      afterBytes: snapshotBytes,
      breathe: async () => {
        if (breath.isSpent) await new Promise<void>((resolve) => breath.await(resolve))
      },
      failed: ({ store, task, name }, error) => {
        const why = error instanceof Error ? error.message : String(error)
        const message = `pipeline '${pipeline}': snapshot '${name}' could not be written: ${why}; the changelog has all of it, and takes longer to read`
        notice({ _tag: 'snapshot-failed', message, store, task })
      },
    })
  }

  /** What was read back, and is to be, over all tasks. */
  get metrics(): Pick<RunMetrics, 'restoredRecords' | 'restoredBytes' | 'restoring'> {
    return { restoredRecords: this.#records, restoredBytes: this.#bytes, restoring: this.#left }
  }

  /** Keeps a copy of `state`; answers whom to tell how many bytes of it have changed. */
  copies(o: {
    readonly state: StateStore
    readonly store: string
    readonly changelogId: string
    readonly changelog: string
    readonly task: LiveTask
  }): ((bytes: number) => void) | undefined {
    const snapshots = this.#snapshots
    if (snapshots === undefined || !isInMemory(o.state)) return undefined
    const { state, store, changelogId, task } = o
    const name = `${copyName(o.changelog, task.task)}${snapshotSuffix}`
    const copied: Copied = { state, store, task: task.task, changelogId, name, isOver: () => !task.isOurs }
    task.ended.signal.addEventListener('abort', () => snapshots.forget(copied), { once: true })
    return (bytes) => snapshots.changed(copied, bytes)
  }

  /** Something is read from `from` to `end`. */
  restoring(
    from: number,
    end: number,
  ): { readonly passed: (offset: number, read: Read) => void; readonly end: () => void } {
    let left = Math.max(0, end - from)
    this.#left += left
    const stand = (now: number): void => {
      this.#left += now - left
      left = now
    }
    return {
      passed: (offset, { records, bytes }) => {
        this.#records += records
        this.#bytes += bytes
        stand(Math.max(0, end - offset))
      },
      end: () => stand(0),
    }
  }
}

interface Read {
  readonly records: number
  readonly bytes: number
}

const isInMemory = (state: StateStore): state is MemoryStore => 'heldBytes' in state
