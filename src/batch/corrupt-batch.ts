import * as E from 'fp-ts/lib/Either.js'

/** Bytes that are no RecordBatch v2, or no whole one: data, to be judged by whoever read them. */
export interface CorruptBatch {
  readonly _tag: 'CorruptBatch'
  /** Where it shows: a byte of the array that was read, or of the decompressed records where `reason` says so. */
  readonly position: number
  /** What was found there, with its value. */
  readonly reason: string
}

export const corruptBatch = (position: number, reason: string): CorruptBatch => ({
  _tag: 'CorruptBatch',
  position,
  reason,
})

/**
 * A {@link CorruptBatch} on its way up from the middle of a batch. The one thing that reading a record throws:
 * an `Either` a record would cost more than the record.
 */
export class CorruptBatchError extends Error {
  readonly _tag = 'CorruptBatchError'
  override readonly name = 'CorruptBatchError'
  readonly corrupt: CorruptBatch
  constructor(corrupt: CorruptBatch) {
    super(`Corrupt batch at byte ${corrupt.position}: ${corrupt.reason}`)
    this.corrupt = corrupt
  }
}

/** Throws a {@link CorruptBatchError}. */
export const refuseBatch = (position: number, reason: string): never => {
  throw new CorruptBatchError(corruptBatch(position, reason))
}

/** What `read` answers; the {@link CorruptBatch} where it throws a {@link CorruptBatchError}. Other throws pass. */
export const orCorrupt = <A>(read: () => A): E.Either<CorruptBatch, A> => {
  try {
    return E.right(read())
  } catch (error) {
    if (error instanceof CorruptBatchError) return E.left(error.corrupt)
    throw error
  }
}
