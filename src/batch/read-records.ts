import * as E from 'fp-ts/lib/Either.js'
import { ByteReader } from './byte-reader.ts'
import { decompress, decompressedBytesMax } from './compression.ts'
import { type CorruptBatch, orCorrupt, refuseBatch } from './corrupt-batch.ts'
import { type BatchHeader, checkBatch, checkHeader, headerBytes } from './record-batch.ts'
import { noHeaders, type RecordHeaders, readHeaders } from './record-headers.ts'

export interface OpenOptions {
  /** Where in the bytes the batch begins; 0 where nothing is said. What follows the batch is not looked at. */
  readonly at?: number
  /** False takes the CRC on trust: for bytes that were checked before and have not left memory since. */
  readonly checkCrc?: boolean
  /** What a compressed batch may grow to, 1 or more; beyond it is corrupt. {@link decompressedBytesMax} where nothing is said. */
  readonly maxBytes?: number
}

/**
 * Opens a batch for reading, record by record.
 *
 * **Guarantees** no record is copied: keys and values are parts of `bytes`, or of the one buffer that a compressed
 * batch is unpacked into. `bytes` must not change while they are in use.
 *
 * **Errors** a {@link CorruptBatch} where the header, the CRC or the compression is unsound. Throws a
 * `MillraceError` (`missing-package`) where the compression needs a package that is not installed.
 */
export const openBatch = (bytes: Uint8Array, options: OpenOptions = {}): E.Either<CorruptBatch, RecordCursor> => {
  const { at = 0, checkCrc = true, maxBytes = decompressedBytesMax } = options
  const checked = checkCrc ? checkBatch(bytes, at) : checkHeader(bytes, at)
  if (E.isLeft(checked)) return checked
  const header = checked.right
  const from = at + headerBytes
  const end = at + header.sizeBytes
  if (header.compression === 'none') return E.right(new RecordCursor(header, bytes, from, end))
  const { compression } = header
  return orCorrupt(() => {
    const records = decompress(compression, bytes.subarray(from, end), { at: from, maxBytes })
    return new RecordCursor(header, records, 0, records.length)
  })
}

/**
 * Reads every record of a batch, and nothing before `visit` asks for it; answers the header.
 *
 * **Errors** as {@link openBatch}, and a {@link CorruptBatch} where a record is unsound: by then `visit` has seen
 * the records before it. With a `visit` that does nothing it is the whole check that a batch can be given.
 */
export const readRecords = (
  bytes: Uint8Array,
  visit: (record: RecordCursor) => void,
  options?: OpenOptions,
): E.Either<CorruptBatch, BatchHeader> => {
  const opened = openBatch(bytes, options)
  if (E.isLeft(opened)) return opened
  const cursor = opened.right
  return orCorrupt(() => {
    while (cursor.next()) visit(cursor)
    return cursor.header
  })
}

/**
 * The records of one batch, one at a time: {@link next} moves to the next record, whose fields are read from here.
 * Made by {@link openBatch}.
 */
export class RecordCursor {
  readonly header: BatchHeader
  /** Milliseconds since the epoch. */
  timestamp = -1
  readonly #reader: ByteReader
  readonly #end: number
  readonly #isAppendTime: boolean
  #read = 0
  /** Where the next record begins. */
  #from: number
  #tailAt = 0
  #offsetDelta = -1
  #keyAt = 0
  #keyBytes = -1
  #valueAt = 0
  #valueBytes = -1
  #headersAt = 0
  #headerCount = 0

  constructor(header: BatchHeader, bytes: Uint8Array, from: number, end: number) {
    this.header = header
    this.#reader = new ByteReader(bytes, from)
    this.#from = from
    this.#end = end
    this.#isAppendTime = header.timestampType === 'LogAppendTime'
  }

  get offset(): number {
    return this.header.baseOffset + this.#offsetDelta
  }

  /** This record where it lies, until the next call of {@link next}. */
  get inPlace(): this {
    return this
  }

  /** What the fields lie in. */
  get bytes(): Uint8Array {
    return this.#reader.bytes
  }

  /** Where {@link key} begins. */
  get keyAt(): number {
    return this.#keyAt
  }

  /** How long {@link key} is; -1 where there is none. Costs no view. */
  get keyBytes(): number {
    return this.#keyBytes
  }

  get key(): Uint8Array | null {
    return this.#keyBytes < 0 ? null : this.#view(this.#keyAt, this.#keyBytes)
  }

  /** Where {@link value} begins. */
  get valueAt(): number {
    return this.#valueAt
  }

  /** How long {@link value} is; -1 where there is none. Costs no view. */
  get valueBytes(): number {
    return this.#valueBytes
  }

  get value(): Uint8Array | null {
    return this.#valueBytes < 0 ? null : this.#view(this.#valueAt, this.#valueBytes)
  }

  get headers(): RecordHeaders {
    return this.#headerCount === 0 ? noHeaders : readHeaders(this.#reader.bytes, this.#headersAt, this.#headerCount)
  }

  /** Where its headers begin, behind their number. */
  get headersAt(): number {
    return this.#headersAt
  }

  get headerCount(): number {
    return this.#headerCount
  }

  /** The record's bytes from its offset delta on: those that mean the same whatever the batch's base timestamp is. */
  get tail(): Uint8Array {
    return this.#reader.bytes.subarray(this.#tailAt, this.#from)
  }

  /**
   * Moves to the next record; false when there is none.
   *
   * **Errors** throws a `CorruptBatchError` where the record is unsound, or where bytes are left behind the last one.
   * Calling it again throws the same.
   */
  next(): boolean {
    const start = this.#from
    if (this.#read === this.header.count) return this.#finish(start)
    const reader = this.#reader
    reader.at = start
    const bodyBytes = reader.varint()
    const end = reader.at + bodyBytes
    if (bodyBytes < 0 || end > this.#end) this.#refuse(start, `has ${bodyBytes} bytes`)
    // The attributes of a record mean nothing so far.
    reader.at++
    const timestampDelta = reader.varlong()
    const tailAt = reader.at
    const offsetDelta = reader.varint()
    const keyBytes = reader.varint()
    const keyAt = reader.at
    if (keyBytes > 0) reader.at = keyAt + keyBytes
    // Inside of the record from here on, or else the lengths of what follows would be read from anywhere.
    if (keyBytes < -1 || reader.at > end) this.#refuse(keyAt, `has a key of ${keyBytes} bytes`)
    const valueBytes = reader.varint()
    const valueAt = reader.at
    if (valueBytes > 0) reader.at = valueAt + valueBytes
    if (valueBytes < -1 || reader.at > end) this.#refuse(valueAt, `has a value of ${valueBytes} bytes`)
    const headerCount = reader.varint()
    const headersAt = reader.at
    if (headerCount !== 0) this.#skipHeaders(headerCount, end)
    if (reader.at !== end) this.#refuse(start, `has ${bodyBytes} bytes, and its fields end at ${reader.at}`)
    if (offsetDelta <= this.#offsetDelta || offsetDelta > this.header.lastOffsetDelta)
      this.#refuse(start, `has offset delta ${offsetDelta}, after ${this.#offsetDelta}`)
    const timestamp = this.#isAppendTime ? this.header.maxTimestamp : this.header.baseTimestamp + timestampDelta
    if (!Number.isSafeInteger(timestamp)) this.#refuse(start, `has a timestamp beyond 2^53`)
    this.timestamp = timestamp
    this.#tailAt = tailAt
    this.#offsetDelta = offsetDelta
    this.#keyAt = keyAt
    this.#keyBytes = keyBytes
    this.#valueAt = valueAt
    this.#valueBytes = valueBytes
    this.#headersAt = headersAt
    this.#headerCount = headerCount
    this.#from = end
    this.#read++
    return true
  }

  /** Not `subarray`: that of a Buffer takes thrice as long. */
  #view(at: number, length: number): Uint8Array {
    const { bytes } = this.#reader
    return new Uint8Array(bytes.buffer, bytes.byteOffset + at, length)
  }

  /** Leaves the reader behind the headers, whose lengths are sound then. */
  #skipHeaders(count: number, end: number): void {
    const reader = this.#reader
    if (count < 0 || count > end - reader.at) this.#refuse(reader.at, `has ${count} headers`)
    for (let i = 0; i < count; i++) {
      const nameBytes = reader.varint()
      if (nameBytes < 0 || nameBytes > end - reader.at)
        this.#refuse(reader.at, `has a header name of ${nameBytes} bytes`)
      reader.at += nameBytes
      const valueBytes = reader.varint()
      if (valueBytes < -1 || valueBytes > end - reader.at)
        this.#refuse(reader.at, `has a header value of ${valueBytes} bytes`)
      if (valueBytes > 0) reader.at += valueBytes
    }
  }

  #finish(at: number): boolean {
    return at === this.#end ? false : refuseBatch(at, `${this.#end - at} bytes follow the last record${this.#where}`)
  }

  #refuse(at: number, what: string): never {
    return refuseBatch(
      at,
      `record ${this.#read} of ${this.header.count} ${what}; the records end at ${this.#end}${this.#where}`,
    )
  }

  get #where(): string {
    return this.header.compression === 'none' ? '' : `, counted in the ${this.header.compression}-decompressed records`
  }
}
