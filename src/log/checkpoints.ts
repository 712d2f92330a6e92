import { writeCheckpointRecord } from './checkpoint-record.ts'
import type { Journal } from './journal.ts'
import type { LogDirectory } from './log-directory.ts'
import type { LogsOptions } from './log-options.ts'
import type { LogSet } from './log-set.ts'
import { isStorageFull } from './storage-failure.ts'
import type { WriteFailure } from './write-failure.ts'

/** How many partitions are synced side by side: the journal's own sync must find a thread. */
const syncsMax = 2

export interface CheckpointParts {
  readonly options: LogsOptions
  readonly journal: Journal
  readonly root: LogDirectory
  readonly logs: LogSet
  readonly failure: WriteFailure
}

/** Makes durable what is applied, and says so in the journal, which begins anew with it. */
export class Checkpoints {
  readonly #parts: CheckpointParts
  #warming: Promise<void> | undefined
  #isWarm = false

  constructor(parts: CheckpointParts) {
    this.#parts = parts
  }

  /** The segments were synced a short while ago: a checkpoint has little left to do. */
  get isWarm(): boolean {
    return this.#isWarm
  }

  /** Makes all that is applied now durable, and begins another generation of the journal. Throws what the storage throws. */
  async take(clean = false): Promise<void> {
    const { options, journal, root, logs } = this.#parts
    const all = [...logs.all]
    const partitions = all.map((log) => log.applied.state)
    await this.#flushAll()
    await root.sync()
    await journal.begin(writeCheckpointRecord({ durability: options.durability, clean, partitions }))
    this.#isWarm = false
    for (const [at, log] of all.entries()) {
      if (!logs.isRemoved(log)) log.applied.checkpointed(partitions[at]?.active.baseOffset ?? 0)
    }
  }

  /** Syncs the segments in the background, so that {@link isWarm} comes true. */
  warm(): void {
    if (this.#isWarm || this.#warming !== undefined) return
    this.#warming = this.inBackground(async () => {
      await this.#flushAll()
      // once more: that may have taken long, and a checkpoint, for which everybody waits, has to sync what came meanwhile
      await this.#flushAll()
      this.#isWarm = true
    }).finally(() => {
      this.#warming = undefined
    })
  }

  /** Answers once no warming goes on any more. */
  async warmed(): Promise<void> {
    await this.#warming
  }

  /** Nobody waits for it: where the disk is full it is left for later, and whoever writes finds out. */
  async inBackground(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!isStorageFull(error)) this.#parts.failure.note(error)
    }
  }

  async #flushAll(): Promise<void> {
    const { logs, failure } = this.#parts
    const dirty = [...logs.all].filter((log) => log.applied.unsynced.dirty)
    const worker = async () => {
      for (let log = dirty.pop(); log !== undefined; log = dirty.pop()) {
        try {
          await log.applied.unsynced.flush()
        } catch (error) {
          if (!logs.isRemoved(log)) throw error
        }
      }
    }
    await Promise.all(Array.from({ length: syncsMax }, worker))
    // A sync that failed elsewhere is not made good by this one.
    if (failure.stopped !== undefined) throw failure.stopped.cause
  }
}
