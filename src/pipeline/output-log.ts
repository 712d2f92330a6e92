import type { BatchBuilder, WrittenFields } from '../batch/batch-builder.ts'
import { writeFields } from '../batch/record-fields.ts'
import type { RecordHeaders, WrittenHeaders } from '../batch/record-headers.ts'
import { growScratch } from '../batch/scratch.ts'
import { keyHash } from '../protocol/client/partitioner.ts'
import type { Sink } from './encoded-output.ts'

/**
 * What one attempt has written, in order, as bytes: what each output is in its batch but for where it comes to lie there.
 *
 * **Guarantees** keys, values and headers are copied at once. Not an object an output: a run gathers thousands a commit.
 */
export class OutputLog {
  #count = 0
  #bytes: Uint8Array = noBytes
  // Never made shorter, so that they need not grow again: what is behind the count means nothing.
  readonly #sinks: Sink[] = []
  /** Where the fields of each end in the bytes. */
  readonly #ends: number[] = []
  readonly #timestamps: number[] = []
  /** Of each key; -1 where there is none. */
  readonly #hashes: number[] = []

  get count(): number {
    return this.#count
  }

  get #usedBytes(): number {
    return this.#endOf(this.#count - 1)
  }

  /** What is kept for them, and for more. */
  get heldBytes(): number {
    return this.#bytes.length
  }

  /** Adds an output whose fields, of so many bytes of `key` and `value`, take `fields`. */
  // Not an object with all of it: that would be one a record.
  add(
    sink: Sink,
    key: Uint8Array | null,
    keyBytes: number,
    value: Uint8Array | null,
    valueBytes: number,
    headers: RecordHeaders | WrittenHeaders,
    timestamp: number,
    fields: number,
  ): void {
    const at = this.#usedBytes
    const end = at + fields
    this.#reserve(end)
    writeFields(this.#bytes, at, key, value, headers, keyBytes, valueBytes)
    this.#note(sink, end, timestamp, key === null ? -1 : keyHash(key, keyBytes))
  }

  /** Adds an output of which `partition` is known, and what its fields are in a batch. */
  addFields(sink: Sink, partition: number, { bytes, from, to, timestamp }: WrittenFields): void {
    const at = this.#usedBytes
    const end = at + to - from
    this.#reserve(end)
    this.#bytes.set(new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from), at)
    // among so many partitions the number is its own remainder
    this.#note(sink, end, timestamp, partition)
  }

  /** Takes back all but the first `count`. */
  truncate(count: number): void {
    this.#count = count
  }

  sinkOf(index: number): Sink {
    return this.#sinks[index] as Sink
  }

  /** Among `partitions`, by its key; `keyless` where it has none. */
  partitionOf(index: number, partitions: number, keyless: number): number {
    const hash = this.#hashes[index] as number
    return hash < 0 ? keyless : hash % partitions
  }

  /** What the fields of output `index` take. */
  fieldsBytesOf(index: number): number {
    return this.#endOf(index) - this.#endOf(index - 1)
  }

  /** Adds output `index` to `builder`; false where that has no room. */
  addTo(builder: BatchBuilder, index: number): boolean {
    return builder.addFields(this.#bytes, this.#endOf(index - 1), this.#endOf(index), this.#timestamps[index] as number)
  }

  #note(sink: Sink, end: number, timestamp: number, hash: number): void {
    const at = this.#count++
    this.#sinks[at] = sink
    this.#ends[at] = end
    this.#timestamps[at] = timestamp
    this.#hashes[at] = sink.isByTask === true ? -1 : hash
  }

  #endOf(index: number): number {
    return index < 0 ? 0 : (this.#ends[index] as number)
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#bytes.length) return
    this.#bytes = growScratch(this.#bytes, this.#usedBytes, Math.max(sizeBytes, firstBytes))
  }
}

const noBytes = new Uint8Array(0)

/** Little: a record that runs by itself has a log of its own. */
const firstBytes = 512
