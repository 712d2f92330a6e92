import type { CompressionName } from '../contracts/topic.ts'
import { compress, requireCompression } from './compression.ts'
import { compressionNames, headerBytes, writeHeader } from './record-batch.ts'
import { fieldsBytesOf, lengthOf, writeFields } from './record-fields.ts'
import type { RecordHeaders, WrittenHeaders } from './record-headers.ts'
import { aloneBytes, bodyBytes } from './record-size.ts'
import { giveScratch, growScratch, takeScratch } from './scratch.ts'
import { varintBytes, writeVarint, writeVarlong } from './varint.ts'
import { writtenAt } from './written-record.ts'

/** The largest batch that its length field can say. */
export const batchBytesMax: number = 2 ** 31 - 1

export interface BatchBuilderOptions {
  /** Throws a `MillraceError` (`missing-package`) where it needs a package that is not installed. */
  readonly compression: CompressionName
  /** What the batch may take before compression; {@link batchBytesMax} where nothing is said. */
  readonly maxBytes?: number
  /**
   * For a builder that is kept: it begins with a buffer of so many bytes, and keeps it. Where nothing is said, it has one of
   * those that are used again, from its first record to {@link BatchBuilder.build}.
   */
  readonly firstBytes?: number
}

/** The fields of a record that is in a builder: valid until the next one is added. */
export interface WrittenFields {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  readonly timestamp: number
}

/**
 * Gathers records into a batch. After {@link build} it is empty, and may be filled again.
 *
 * **Guarantees** keys, values and headers are copied at once; the records keep the order in which they were added.
 */
export class BatchBuilder {
  readonly #compression: CompressionName
  readonly #maxBytes: number
  readonly #firstBytes: number | undefined
  #scratch: Uint8Array | undefined
  #sizeBytes = headerBytes
  #count = 0
  #baseTimestamp = -1
  #maxTimestamp = -1
  /** The largest timestamp may be that of a record that was taken back. */
  #isMaxStale = false

  constructor({ compression, maxBytes = batchBytesMax, firstBytes }: BatchBuilderOptions) {
    requireCompression(compression)
    this.#compression = compression
    this.#maxBytes = Math.min(maxBytes, batchBytesMax)
    this.#firstBytes = firstBytes
  }

  /** How many records there are. */
  get count(): number {
    return this.#count
  }

  /** What the batch would take as it stands, before compression. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** What is kept for the batch, and for more. */
  get heldBytes(): number {
    return this.#scratch?.length ?? 0
  }

  /**
   * Adds a record; false, and nothing is added, where the batch would grow beyond `maxBytes`, or its timestamps lie
   * further apart than a batch can say: build what there is first, and where there is nothing the record is too large.
   *
   * **Errors** throws a `RangeError` for a timestamp that is no whole number of milliseconds from -1 (none) to
   * 2^53, or when a batch without `maxBytes` grows beyond {@link batchBytesMax}.
   */
  add(key: Uint8Array | null, value: Uint8Array | null, headers: RecordHeaders, timestamp: number): boolean {
    const keyBytes = lengthOf(key)
    const valueBytes = lengthOf(value)
    const fields = fieldsBytesOf(keyBytes, valueBytes, headers)
    return this.addParts(key, keyBytes, value, valueBytes, headers, timestamp, fields)
  }

  /** The same of the beginning of `key` and of `value`, so many bytes; the fields take `fields`. */
  // Not an object with all of it: that would be one a record.
  addParts(
    key: Uint8Array | null,
    keyBytes: number,
    value: Uint8Array | null,
    valueBytes: number,
    headers: RecordHeaders | WrittenHeaders,
    timestamp: number,
    fields: number,
  ): boolean {
    const at = this.#begin(fields, timestamp)
    if (at < 0) return false
    writeFields(this.#scratch as Uint8Array, at, key, value, headers, keyBytes, valueBytes)
    return true
  }

  /** The same with fields that lie in `source` as `writeFields` wrote them there. */
  addFields(source: Uint8Array, from: number, to: number, timestamp: number): boolean {
    const at = this.#begin(to - from, timestamp)
    if (at < 0) return false
    // not `set`, which would need a view of the source for each record
    copy.call(source, this.#scratch as Uint8Array, at, from, to)
    return true
  }

  /** Begins a record, and answers where its fields go; -1 where it cannot be added. */
  #begin(fields: number, timestamp: number): number {
    const count = this.#count
    const delta = count === 0 ? 0 : timestamp - this.#baseTimestamp
    if (!(timestamp >= -1) || !Number.isSafeInteger(timestamp)) return refuseTimestamp(timestamp)
    if (!Number.isSafeInteger(delta)) return -1
    const body = bodyBytes(fields, delta, count)
    const at = this.#sizeBytes
    const end = at + varintBytes(body) + body
    if (end > this.#maxBytes) return this.#full(end)
    const bytes = this.#room(end)
    const from = writeVarint(bytes, at, body)
    bytes[from] = 0
    writeVarint(bytes, writeVarlong(bytes, from + 1, delta), count)
    if (count === 0) {
      this.#baseTimestamp = this.#maxTimestamp = timestamp
      this.#isMaxStale = false
    } else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    this.#sizeBytes = end
    this.#count = count + 1
    return end - fields
  }

  /**
   * Adds a record that was found to fit a batch of its own ({@link aloneBytes}) to a builder that is empty.
   *
   * **Errors** throws a `RangeError` where it does not fit after all: whoever let it in has measured something else.
   */
  addFirst(key: Uint8Array | null, value: Uint8Array | null, headers: RecordHeaders, timestamp: number): void {
    if (this.#count > 0) throw new RangeError(`The batch has ${this.#count} records: build it before addFirst().`)
    if (this.add(key, value, headers, timestamp)) return
    const sizeBytes = aloneBytes(key, value, headers)
    throw new RangeError(
      `A record that takes ${sizeBytes} bytes was let in to a batch of at most ${this.#maxBytes}: refused, not left out.`,
    )
  }

  /**
   * The batch, in a buffer of its own size: unsealed (no producer), at offset 0, the CRC valid. Empty again after it.
   *
   * **Errors** throws a `RangeError` where nothing was added.
   */
  build(): Uint8Array {
    const batch = this.copy()
    this.clear()
    return batch
  }

  /** The batch as {@link build} makes it; all stays here as it is. */
  copy(): Uint8Array {
    const scratch = this.#scratch
    if (scratch === undefined || this.#count === 0)
      throw new RangeError('A batch has at least one record: add one before build().')
    const records = scratch.subarray(headerBytes, this.#sizeBytes)
    const packed = this.#packed(records)
    const batch = Buffer.allocUnsafe(headerBytes + packed.length)
    batch.set(packed, headerBytes)
    writeHeader(batch, {
      attributes: packed === records ? 0 : compressionNames.indexOf(this.#compression),
      lastOffsetDelta: this.#count - 1,
      baseTimestamp: this.#baseTimestamp,
      maxTimestamp: this.#isMaxStale ? this.#largestTimestamp() : this.#maxTimestamp,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      transactional: false,
      count: this.#count,
    })
    return batch
  }

  /** Takes back all records. */
  clear(): void {
    this.#sizeBytes = headerBytes
    this.#count = 0
    if (this.#scratch === undefined || this.#firstBytes !== undefined) return
    giveScratch(this.#scratch)
    this.#scratch = undefined
  }

  /** Takes back the last record, before which {@link sizeBytes} was `sizeBytes`. */
  takeBack(sizeBytes: number): void {
    this.#count -= 1
    this.#sizeBytes = sizeBytes
    this.#isMaxStale = true
  }

  /** What {@link addFields} takes, of the record before which {@link sizeBytes} was `at`. */
  written(at: number): WrittenFields {
    const bytes = this.#scratch as Uint8Array
    const { from, to, timestampDelta } = writtenAt(bytes, at)
    return { bytes, from, to, timestamp: this.#baseTimestamp + timestampDelta }
  }

  #largestTimestamp(): number {
    let largest = this.#baseTimestamp
    for (let at = headerBytes; at < this.#sizeBytes; ) {
      const { to, timestamp } = this.written(at)
      if (timestamp > largest) largest = timestamp
      at = to
    }
    return largest
  }

  /** Compressed, but for what grows beyond `maxBytes` by it: that was let in as it is, and fits as it is. */
  #packed(records: Uint8Array): Uint8Array {
    if (this.#compression === 'none') return records
    const packed = compress(this.#compression, records)
    return headerBytes + packed.length > this.#maxBytes ? records : packed
  }

  #room(sizeBytes: number): Uint8Array {
    const scratch =
      this.#scratch ?? (this.#firstBytes === undefined ? takeScratch() : Buffer.allocUnsafeSlow(this.#firstBytes))
    this.#scratch = scratch.length < sizeBytes ? growScratch(scratch, this.#sizeBytes, sizeBytes) : scratch
    return this.#scratch
  }

  #full(sizeBytes: number): -1 {
    if (this.#maxBytes < batchBytesMax) return -1
    throw new RangeError(`A batch of ${sizeBytes} bytes is beyond ${batchBytesMax}: build what there is first.`)
  }
}

const { copy } = Buffer.prototype

const refuseTimestamp = (timestamp: number): never => {
  throw new RangeError(`The timestamp ${timestamp} is no whole number of milliseconds from -1 (none) to 2^53.`)
}
