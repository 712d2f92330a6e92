import { baseOffsetOf, batchFault, batchSizeOf, headerBytes, headerFault, lastOffsetOf } from '../batch/record-batch.ts'
import type { LogFile } from './log-file.ts'

/** The least that is read at once, where little is wanted: a small batch or two come with the first. */
const chunkBytesLeast = 4 * 1024
/** The least for who goes on where little was wanted: what is left of it is kept for the next time, and no more is. */
const chunkBytesKept = 16 * 1024
/** The least where more is wanted, or nothing is said. */
const chunkBytesMin = 64 * 1024
/** The most, where a single batch does not need more. */
export const chunkBytesMax: number = 1024 * 1024

/** Where a log could not be read. */
export interface Damage {
  /** The file's path. */
  readonly path: string
  /** Of the batch, in bytes from the file's beginning. */
  readonly position: number
  readonly reason: string
}

/** What is known of the offsets of batches before they are read. They are not covered by the batches' checksums. */
export interface OffsetsAhead {
  /** None is smaller than that. */
  readonly from: number
  /** Each begins where the one before ended, the first one at `from`. */
  readonly contiguous: boolean
  /** None is as large. */
  readonly before: number
}

/** A piece of a file: what of it lies from `at` on, is next. */
export interface Chunk {
  readonly bytes: Uint8Array
  readonly at: number
}

export interface WalkOptions {
  readonly from: number
  /** Where what may be read ends: the end of a batch. */
  readonly end: number
  /** About how much is wanted. */
  readonly wantedBytes?: number
  /** Which offsets may come; any, where nothing is said. */
  readonly offsets?: OffsetsAhead
  /** What lies at `from` on, where it was read before. */
  readonly chunk?: Chunk | undefined
  /** Header only: for walking past batches that were read before. */
  readonly checkCrc?: boolean
}

/**
 * Batch after batch of a segment's file, read in large chunks. A chunk is never used again, so that parts of it may be
 * handed out.
 */
export class BatchWalk {
  readonly #file: LogFile
  readonly #end: number
  readonly #checkCrc: boolean
  readonly #offsets: OffsetsAhead
  #nextOffset: number
  #least: number
  #wanted: number
  /** The chunk that the batch lies in, where in it, and how long it is. */
  bytes: Uint8Array = empty
  at = 0
  sizeBytes = 0
  /** Of the batch in the file. */
  position: number
  damage: Damage | undefined

  constructor(file: LogFile, options: WalkOptions) {
    const { from, end, wantedBytes = chunkBytesMin, checkCrc = true, offsets = anyOffsets, chunk } = options
    this.#file = file
    this.#end = end
    this.#checkCrc = checkCrc
    this.#offsets = offsets
    this.#nextOffset = offsets.from
    this.#wanted = wantedBytes
    this.#least = Math.min(chunkBytesMin, Math.max(chunkBytesLeast, wantedBytes))
    this.position = from
    if (chunk === undefined) return
    this.bytes = chunk.bytes
    this.at = chunk.at
    this.#least = Math.max(this.#least, chunkBytesKept)
  }

  /** Moves to the next batch; false at the end, and at a damaged one, which it stays before. */
  next(): boolean {
    if (this.damage !== undefined) return false
    this.position += this.sizeBytes
    this.at += this.sizeBytes
    this.sizeBytes = 0
    if (this.position >= this.#end) return false
    if (!this.#has(headerBytes)) return this.#fail(`it ends after ${this.#left} bytes, inside of a batch's header`)
    const sizeBytes = batchSizeOf(this.bytes, this.at)
    if (sizeBytes < headerBytes || sizeBytes > this.#end - this.position) {
      return this.#fail(`a batch claims ${sizeBytes} bytes, and ${this.#end - this.position} follow`)
    }
    if (!this.#has(sizeBytes)) return this.#fail(`a batch of ${sizeBytes} bytes is cut off after ${this.#left}`)
    const fault = this.#checkCrc ? batchFault(this.bytes, this.at) : headerFault(this.bytes, this.at)
    if (fault !== undefined) return this.#fail(fault.reason)
    if (!this.#offsetsFit())
      return this.#fail(`a batch has offsets ${this.baseOffset} to ${this.lastOffset} after ${this.#nextOffset - 1}`)
    this.sizeBytes = sizeBytes
    this.#nextOffset = this.lastOffset + 1
    this.#wanted = Math.max(0, this.#wanted - sizeBytes)
    return true
  }

  get baseOffset(): number {
    return baseOffsetOf(this.bytes, this.at)
  }

  get lastOffset(): number {
    return lastOffsetOf(this.bytes, this.at)
  }

  /** An array of its own over what was read. */
  get batch(): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.at, this.sizeBytes)
  }

  /** What is left of the chunk behind the batch, or with `itself` from it on; nothing where that is too much to keep. */
  rest(itself: boolean): Chunk | undefined {
    if (this.bytes.length > chunkBytesKept) return undefined
    return { bytes: this.bytes, at: itself ? this.at : this.at + this.sizeBytes }
  }

  #offsetsFit(): boolean {
    const { baseOffset, lastOffset } = this
    const { contiguous, before } = this.#offsets
    const fits = contiguous ? baseOffset === this.#nextOffset : baseOffset >= this.#nextOffset
    return fits && lastOffset < before
  }

  get #left(): number {
    return this.bytes.length - this.at
  }

  #has(bytes: number): boolean {
    if (this.#left >= bytes) return true
    const wanted = Math.max(bytes, this.#least, Math.min(this.#wanted, chunkBytesMax))
    const chunk = Buffer.allocUnsafeSlow(Math.min(wanted, this.#end - this.position))
    this.bytes = chunk.subarray(0, this.#file.read(chunk, this.position))
    this.at = 0
    return this.bytes.length >= bytes
  }

  #fail(reason: string): false {
    this.damage = { path: this.#file.path, position: this.position, reason }
    return false
  }
}

const empty = new Uint8Array(0)
const anyOffsets: OffsetsAhead = { from: 0, contiguous: false, before: Number.POSITIVE_INFINITY }
