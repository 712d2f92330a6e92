import * as E from 'fp-ts/lib/Either.js'
import type { EngineFailure } from '../contracts/failure.ts'
import { StorageError } from '../contracts/storage.ts'
import type { AppliedLog } from './applied-log.ts'
import type { CompactOptions } from './compact-options.ts'
import { compactLog } from './compaction.ts'
import { type Compaction, isWorthCompacting } from './compaction-work.ts'
import { storageFailure } from './storage-failure.ts'

/** What a compaction does besides rewriting segments. */
export interface CompactorHooks {
  /** Segments were replaced: places in them are none any more. */
  readonly onSwapped: () => void
  readonly onFailure: (error: StorageError) => void
}

/** The moment of a compaction. */
export interface CompactAt {
  readonly now: number
  readonly lastStableOffset: number
}

/** Compacts a partition in the background, once at a time, until it is closed. */
export class LogCompactor {
  readonly #log: AppliedLog
  readonly #hooks: CompactorHooks
  #running: Promise<unknown> | undefined
  #closing = false

  constructor(log: AppliedLog, hooks: CompactorHooks) {
    this.#log = log
    this.#hooks = hooks
  }

  /** Compacts what is worth it. Answers whether anything was rewritten. */
  async compact(at: CompactAt, options: CompactOptions): Promise<E.Either<EngineFailure, boolean>> {
    if (!this.#log.config.compacts || this.#running !== undefined) return E.right(false)
    const running = this.#compact(at, options)
    this.#running = running
    try {
      return await running
    } finally {
      this.#running = undefined
    }
  }

  /** Whether it would rewrite something that no checkpoint lets it touch yet. */
  waitsForCheckpoint({ now, lastStableOffset }: CompactAt): boolean {
    const { config, checkpointedOffset } = this.#log
    return config.compacts && isWorthCompacting(this.#compaction(lastStableOffset, now), checkpointedOffset)
  }

  /** Gives up what is under way, and whatever comes. */
  close(): void {
    this.#closing = true
  }

  /** As {@link close}, and answers once nothing goes on any more. */
  async quiet(): Promise<void> {
    this.close()
    await this.#running
  }

  async #compact(
    { now, lastStableOffset }: CompactAt,
    options: CompactOptions,
  ): Promise<E.Either<EngineFailure, boolean>> {
    const breathe = async () => {
      await options.breathe()
      if (this.#closing) throw new Closing()
    }
    try {
      const before = Math.min(lastStableOffset, this.#log.checkpointedOffset)
      return await compactLog(this.#compaction(before, now), { ...options, breathe })
    } catch (error) {
      if (error instanceof Closing) return E.right(false)
      if (!(error instanceof StorageError)) throw error
      this.#hooks.onFailure(error)
      return E.left(storageFailure(this.#log.name, error))
    }
  }

  #compaction(before: number, now: number): Compaction {
    const log = this.#log
    return { log, now, config: log.config, before, producers: log.producers, swapped: this.#hooks.onSwapped }
  }
}

/** Ends a compaction whose log is being closed. */
class Closing extends Error {}
