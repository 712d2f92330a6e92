import * as E from 'fp-ts/lib/Either.js'
import { CorruptBatchError } from '../batch/corrupt-batch.ts'
import { openBatch, type RecordCursor } from '../batch/read-records.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { partitionName } from '../contracts/position.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import { UnreadableRecord } from '../pipeline/attempt-errors.ts'
import { readRecord, type Source } from '../pipeline/source.ts'

/**
 * What becomes of a record that its topic's codecs cannot read: `halt` ends the reading with an
 * {@link UnreadableRecord}, `skip` leaves it out, and a function is told and then leaves it out; what it throws ends the
 * reading there.
 */
export type OnUnreadable = 'halt' | 'skip' | ((error: UnreadableRecord) => void)

interface HowToRead {
  readonly onUnreadable: OnUnreadable
  readonly wayOut: { readonly damaged: string }
}

/** Reads the records of what was fetched of one partition. */
export class FetchedRecords<K, V> {
  readonly #source: Source
  readonly #o: HowToRead
  /** All before it is read, or left out. */
  offset: number

  /** From `offset` on: the first batch may begin before it. */
  constructor(source: Source, offset: number, how: HowToRead) {
    this.#source = source
    this.offset = offset
    this.#o = how
  }

  /**
   * Adds the records of `batches` to `into`, for as long as they are `wanted`, which is looked at when somebody was told.
   *
   * **Errors** throws what ends the reading at {@link offset}: {@link UnreadableRecord}, {@link MillraceError}
   * `corrupt-log`, or what `onUnreadable` threw.
   */
  read(batches: readonly Uint8Array[], into: StreamRecord<K, V>[], wanted: () => boolean): void {
    try {
      for (const batch of batches) {
        const opened = openBatch(batch, { checkCrc: false })
        if (E.isLeft(opened)) throw new CorruptBatchError(opened.left)
        if (!this.#readRecords(opened.right, into, wanted)) return
      }
    } catch (thrown) {
      throw thrown instanceof CorruptBatchError ? this.#damaged(thrown.corrupt.reason) : thrown
    }
  }

  /** False where no more is wanted. */
  #readRecords(cursor: RecordCursor, into: StreamRecord<K, V>[], wanted: () => boolean): boolean {
    while (cursor.next()) {
      if (cursor.offset < this.offset) continue
      const record = readRecord(this.#source, cursor, undefined)
      if (record instanceof UnreadableRecord) {
        if (!this.#leaveOut(record, wanted)) return false
      } else {
        // the codecs are the topic's own, so what they read is of its types
        into.push(record as StreamRecord<K, V>)
      }
      this.offset = cursor.offset + 1
    }
    return true
  }

  #leaveOut(error: UnreadableRecord, wanted: () => boolean): boolean {
    const { onUnreadable } = this.#o
    if (onUnreadable === 'skip') return true
    if (onUnreadable === 'halt') throw halting(error)
    onUnreadable(error)
    return wanted()
  }

  #damaged(reason: string): MillraceError {
    const message = `${partitionName(this.#source)} holds a damaged batch at or after offset ${this.offset} (${reason}): restore the file from a backup, or ${this.#o.wayOut.damaged}`
    return new MillraceError(engineFailure('corrupt-log', message))
  }
}

/** As whoever reads is told of it: for a pipeline the way out is another. */
const halting = (error: UnreadableRecord): UnreadableRecord => {
  error.message += `; read with the codec it was written with, or leave it out with onUnreadable: 'skip'`
  return error
}
