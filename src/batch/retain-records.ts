import * as E from 'fp-ts/lib/Either.js'
import { writeInt16, writeInt32, writeInt64 } from './big-endian.ts'
import { compress } from './compression.ts'
import { type CorruptBatch, orCorrupt, refuseBatch } from './corrupt-batch.ts'
import { crc32c } from './crc32c.ts'
import { type OpenOptions, openBatch, type RecordCursor } from './read-records.ts'
import {
  attributesOf,
  checksummedFrom,
  compressionBits,
  deleteHorizonBit,
  headerBytes,
  sizePrefixBytes,
} from './record-batch.ts'
import { giveScratch, growScratch, takeScratch } from './scratch.ts'
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from './varint.ts'

export interface RetainOptions extends OpenOptions {
  /** From when on, in milliseconds since the epoch, a later compaction may drop the tombstones that were kept. */
  readonly deleteHorizon?: number
}

/**
 * A batch with those records of the one in `bytes` that `keep` accepts: what compaction leaves.
 *
 * **Guarantees** offsets, place, identity and compression stay, and so do the bytes of each record but for its distance
 * to the base timestamp; the largest timestamp is that of the records kept. With none of them it is the bare header,
 * which still says how far offsets and sequences had come.
 *
 * **Errors** a {@link CorruptBatch} where the batch is, or where a timestamp is 2^53 or more away from the horizon.
 */
export const retainRecords = (
  bytes: Uint8Array,
  keep: (record: RecordCursor) => boolean,
  options: RetainOptions = {},
): E.Either<CorruptBatch, Uint8Array> => {
  const opened = openBatch(bytes, options)
  if (E.isLeft(opened)) return opened
  const cursor = opened.right
  const { header } = cursor
  const { at = 0, deleteHorizon } = options
  const baseTimestamp = deleteHorizon ?? header.baseTimestamp
  return orCorrupt(() => {
    const kept = new KeptRecords(baseTimestamp)
    while (cursor.next()) if (keep(cursor)) kept.add(cursor)
    const records = kept.take()
    const packed = kept.count === 0 || header.compression === 'none' ? records : compress(header.compression, records)
    const batch = Buffer.concat([bytes.subarray(at, at + headerBytes), packed])
    writeInt32(batch, 8, batch.length - sizePrefixBytes)
    const attributes = attributesOf(batch) & (kept.count === 0 ? ~compressionBits : -1)
    writeInt16(batch, 21, deleteHorizon === undefined ? attributes : attributes | deleteHorizonBit)
    writeInt64(batch, 27, baseTimestamp)
    if (kept.count > 0) writeInt64(batch, 35, kept.maxTimestamp)
    writeInt32(batch, 57, kept.count)
    writeInt32(batch, 17, crc32c(batch, checksummedFrom))
    return batch
  })
}

/** Records on their way into another batch. */
class KeptRecords {
  count = 0
  maxTimestamp: number = Number.MIN_SAFE_INTEGER
  readonly #baseTimestamp: number
  #scratch = takeScratch()
  #sizeBytes = 0

  constructor(baseTimestamp: number) {
    this.#baseTimestamp = baseTimestamp
  }

  add({ tail, timestamp }: RecordCursor): void {
    const delta = timestamp - this.#baseTimestamp
    if (!Number.isSafeInteger(delta))
      refuseBatch(27, `the timestamp ${timestamp} is too far from the base timestamp ${this.#baseTimestamp}`)
    const bodyBytes = 1 + varlongBytes(delta) + tail.length
    const end = this.#sizeBytes + varintBytes(bodyBytes) + bodyBytes
    if (end > this.#scratch.length) this.#scratch = growScratch(this.#scratch, this.#sizeBytes, end)
    let at = writeVarint(this.#scratch, this.#sizeBytes, bodyBytes)
    this.#scratch[at++] = 0
    at = writeVarlong(this.#scratch, at, delta)
    this.#scratch.set(tail, at)
    this.#sizeBytes = end
    this.count++
    this.maxTimestamp = Math.max(this.maxTimestamp, timestamp)
  }

  /** The records; nothing can be added any more. */
  take(): Uint8Array {
    const records = Uint8Array.from(this.#scratch.subarray(0, this.#sizeBytes))
    giveScratch(this.#scratch)
    return records
  }
}
