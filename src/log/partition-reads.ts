import * as E from 'fp-ts/lib/Either.js'
import type { Isolation } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import { StorageError } from '../contracts/storage.ts'
import { type LogBatches, type LogRead, LogReader, offsetAtTime, type Readable } from './log-reader.ts'
import { storageFailure } from './storage-failure.ts'

export interface PartitionRead extends LogBatches {
  readonly startOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
}

/** A partition to read, and where it will end once what is staged is applied. */
export interface ReadablePartition extends Readable {
  readonly endOffset: number
}

/** What may be read of a partition, with what goes wrong as a failure. */
export class PartitionReads {
  readonly #log: ReadablePartition
  readonly #reader = new LogReader()
  #damaged: { readonly offset: number; readonly failure: EngineFailure } | undefined

  constructor(log: ReadablePartition) {
    this.#log = log
  }

  /**
   * What a read has found, if it is there still: behind it nobody could read what is written. Looks again at each call,
   * as readers do, so that both notice when it is mended.
   */
  stillDamaged(): EngineFailure | undefined {
    if (this.#damaged !== undefined)
      this.read({ offset: this.#damaged.offset, maxBytes: 1, isolation: 'read_uncommitted' })
    return this.#damaged?.failure
  }

  /** The segments were changed: forgets where the readers were. */
  forgetPlaces(): void {
    this.#reader.forget()
  }

  /** The damage may be among what was deleted; if it is not, the next read finds it again. */
  forgetDamage(): void {
    this.#damaged = undefined
  }

  /** Batches from an offset on. Errors: `offset-out-of-range`, `corrupt-log`, and what the storage fails with. */
  read(request: LogRead): E.Either<EngineFailure, PartitionRead> {
    const log = this.#log
    if (request.offset < log.startOffset || request.offset > log.endOffset)
      return E.left(outOfRange(log, request.offset))
    const answer = this.#reading(() => this.#reader.read(log, request))
    const { offset } = request
    if (E.isLeft(answer)) {
      if (answer.left.code === 'corrupt-log') this.#damaged = { offset, failure: answer.left }
      return answer
    }
    const damaged = this.#damaged
    if (damaged !== undefined && offset <= damaged.offset && damaged.offset < answer.right.nextOffset)
      this.forgetDamage()
    const { startOffset, highWatermark, lastStableOffset } = log
    return E.right({ ...answer.right, startOffset, highWatermark, lastStableOffset })
  }

  /** The offset of the first record at or after `timestamp`; `undefined` where there is none yet. */
  offsetAt(timestamp: number, isolation: Isolation): E.Either<EngineFailure, number | undefined> {
    const log = this.#log
    const bound = isolation === 'read_committed' ? log.lastStableOffset : log.highWatermark
    return this.#reading(() => offsetAtTime(log, { timestamp, bound }))
  }

  #reading<A>(read: () => E.Either<EngineFailure, A>): E.Either<EngineFailure, A> {
    try {
      return read()
    } catch (error) {
      if (error instanceof StorageError) return E.left(storageFailure(this.#log.name, error))
      throw error
    }
  }
}

/** The log has no such offset, and none is to come. */
export const outOfRange = ({ name, startOffset, highWatermark }: Readable, offset: number): EngineFailure =>
  engineFailure(
    'offset-out-of-range',
    `${name} has offsets from ${startOffset} to ${highWatermark}, and ${offset} is none of them: begin at the earliest or the latest`,
  )
