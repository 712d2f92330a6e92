import * as E from 'fp-ts/lib/Either.js'
import type { Checkpoints } from './checkpoints.ts'
import { type Appliers, answered, applyTo, type CommitPath, done, type Queued } from './commit-path.ts'
import type { Answer } from './deferred.ts'
import type { PartitionLog } from './partition-log.ts'
import type { WriteFailure } from './write-failure.ts'

export interface DirectCommitOptions extends Appliers {
  readonly checkpoints: Checkpoints
  readonly failure: WriteFailure
  /** How much may be appended between two checkpoints, and so be read again after a crash. */
  readonly checkpointBytes: number
}

/**
 * `process`: what is staged is written to the segments at once, in the order of staging, so that what a killed process
 * leaves is a prefix of it. Now and then a checkpoint, so that a crash leaves little to read again.
 *
 * **Guarantees** where writing outruns the disk, whoever commits waits for the checkpoint under way once the next one is
 * due. So a crash leaves about twice `checkpointBytes` to read again, at the most.
 */
export class DirectCommit implements CommitPath {
  readonly #options: DirectCommitOptions
  readonly isBehind = false
  #queue: Queued[] = []
  #checkpointing: Promise<void> | undefined
  #bytesSinceCheckpoint = 0
  #closing = false

  constructor(options: DirectCommitOptions) {
    this.#options = options
  }

  get isSettled(): boolean {
    return this.#queue.length === 0
  }

  enqueue(queued: Queued): void {
    this.#queue.push(queued)
  }

  commit(): Promise<Answer> {
    if (this.isSettled) {
      this.#options.failure.hasRoom()
      return answered
    }
    const answer = this.#applyQueue()
    if (this.#isDue && this.#checkpointing !== undefined) return this.#inPace(answer, this.#checkpointing)
    return answer === done ? answered : Promise.resolve(answer)
  }

  retry(): void {
    this.#applyQueue()
  }

  async checkpoint(): Promise<void> {
    while (this.#checkpointing !== undefined) await this.#checkpointing
    if (!this.#closing && this.#options.failure.stopped === undefined) await this.#checkpointNow()
  }

  async quiet(): Promise<void> {
    this.#closing = true
    await this.#checkpointing
  }

  #applyQueue(): Answer {
    const { failure } = this.#options
    const queue = this.#queue
    let from = 0
    try {
      while (from < queue.length) {
        const log = queue[from]?.of as PartitionLog
        let to = from
        let staged = 0
        for (let queued = queue[to]; queued?.of === log; queued = queue[++to]) {
          const { change } = queued
          if (change._tag !== 'created') staged++
          if (change._tag === 'batch') this.#bytesSinceCheckpoint += change.bytes.length
        }
        const before = log.pending
        try {
          applyTo(this.#options, log, staged)
          from = to
        } catch (error) {
          from += before - log.pending
          throw error
        }
      }
      failure.hasRoom()
      return done
    } catch (error) {
      return E.left(failure.note(error))
    } finally {
      this.#queue = from === queue.length ? [] : queue.slice(from)
      this.#checkpointLater()
    }
  }

  /** Holds the answer back while there is more to read again than the checkpoint under way will save. */
  async #inPace(answer: Answer, checkpointing: Promise<void>): Promise<Answer> {
    await checkpointing
    return answer
  }

  get #isDue(): boolean {
    return this.#bytesSinceCheckpoint >= this.#options.checkpointBytes
  }

  #checkpointLater(): void {
    if (this.#isDue && this.#checkpointing === undefined) void this.#checkpointNow()
  }

  #checkpointNow(): Promise<void> {
    const { checkpoints } = this.#options
    this.#bytesSinceCheckpoint = 0
    this.#checkpointing = checkpoints
      .inBackground(() => checkpoints.take())
      .finally(() => {
        this.#checkpointing = undefined
      })
    return this.#checkpointing
  }
}
