import * as E from 'fp-ts/lib/Either.js'

/** Bytes that are not what their format says. */
export interface MalformedBytes {
  readonly _tag: 'MalformedBytes'
  readonly message: string
}

class Malformed extends Error {}

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads `bytes` with `read`, which may stop early: what follows belongs to a newer version.
 *
 * **Errors** a length or a number that the bytes do not hold, text that is not UTF-8, and what `read` refuses.
 */
export const readBytes = <A>(
  bytes: Uint8Array,
  what: string,
  read: (reader: ByteReader) => A,
): E.Either<MalformedBytes, A> => {
  try {
    return E.right(read(new ByteReader(bytes)))
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return E.left({ _tag: 'MalformedBytes', message: `${what}, ${bytes.length} bytes: ${error.message}` })
  }
}

/** A cursor over Kafka's primitive types, big-endian. No length is trusted before the bytes are there. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Gives up: the caller's own rule is broken. */
  refuse(message: string): never {
    throw new Malformed(`${message} at byte ${this.#at}`)
  }

  #take(length: number): number {
    const at = this.#at
    if (length < 0 || length > this.#bytes.length - at) this.refuse(`${length} bytes wanted`)
    this.#at += length
    return at
  }

  int8(): number {
    return this.#view.getInt8(this.#take(1))
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2))
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4))
  }

  int64(): number {
    const at = this.#take(8)
    const value = this.#view.getInt32(at) * 2 ** 32 + this.#view.getUint32(at + 4)
    return Number.isSafeInteger(value) ? value : this.refuse(`${value} is beyond 2^53`)
  }

  uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#view.getUint8(this.#take(1))
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return this.refuse('a varint of more than 5 bytes')
  }

  #slice(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** `compact`: lengths as Kafka's flexible versions write them. */
  nullableString(compact = false): string | null {
    const length = compact ? this.uvarint() - 1 : this.int16()
    return length === -1 ? null : this.#text(this.#slice(length))
  }

  #text(bytes: Uint8Array): string {
    try {
      return text.decode(bytes)
    } catch {
      return this.refuse('text that is not UTF-8')
    }
  }

  string(compact = false): string {
    return this.nullableString(compact) ?? this.refuse('text is missing')
  }

  /** A view of the bytes read, not a copy. */
  nullableBytes(compact = false): Uint8Array | null {
    const length = compact ? this.uvarint() - 1 : this.int32()
    return length === -1 ? null : this.#slice(length)
  }

  bytes(compact = false): Uint8Array {
    return this.nullableBytes(compact) ?? this.refuse('bytes are missing')
  }

  /** Each element takes a byte at least, so that a wild number is seen at once. */
  nullableArray<A>(read: () => A, compact = false): A[] | null {
    const count = compact ? this.uvarint() - 1 : this.int32()
    if (count === -1) return null
    if (count < 0 || count > this.#bytes.length - this.#at) this.refuse(`${count} elements`)
    return Array.from({ length: count }, read)
  }

  array<A>(read: () => A, compact = false): A[] {
    return this.nullableArray(read, compact) ?? this.refuse('an array is missing')
  }

  /** Passes over the tagged fields that end a structure in flexible versions; `read` may read one on the way. */
  tags(read: (tag: number) => void = () => undefined): void {
    for (let left = this.uvarint(); left > 0; left--) {
      const tag = this.uvarint()
      const start = this.#take(this.uvarint())
      const end = this.#at
      this.#at = start
      read(tag)
      if (this.#at > end) this.refuse(`tagged field ${tag} is longer than it says`)
      this.#at = end
    }
  }

  /** Nothing may be left. */
  end(): void {
    const left = this.#bytes.length - this.#at
    if (left > 0) this.refuse(`${left} bytes are left over`)
  }
}

/** What a writer fills, kept for the next one: a new one takes longer than filling it. */
let spare: Uint8Array | undefined
const spareBytesMax = 64 * 1024
const nothing = new Uint8Array(0)

/** Appends Kafka's primitive types, big-endian, to a buffer that grows. */
export class ByteWriter {
  #bytes: Uint8Array
  #at = 0

  constructor() {
    this.#bytes = spare ?? new Uint8Array(1024)
    spare = undefined
  }

  #room(length: number): number {
    const at = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#at)
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
    }
    return at
  }

  int8(value: number): this {
    const at = this.#room(1)
    this.#bytes[at] = value
    return this
  }

  int16(value: number): this {
    const at = this.#room(2)
    this.#bytes[at] = value >> 8
    this.#bytes[at + 1] = value
    return this
  }

  int32(value: number): this {
    const at = this.#room(4)
    this.#bytes[at] = value >> 24
    this.#bytes[at + 1] = value >> 16
    this.#bytes[at + 2] = value >> 8
    this.#bytes[at + 3] = value
    return this
  }

  int64(value: number): this {
    return this.int32(Math.floor(value / 2 ** 32)).int32(value)
  }

  uvarint(value: number): this {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.int8((rest % 0x80) | 0x80)
    return this.int8(rest)
  }

  #raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  /** At most 32,767 bytes of UTF-8, or a RangeError. `compact`: lengths as Kafka's flexible versions write them. */
  string(value: string | null, compact = false): this {
    if (value === null) return compact ? this.uvarint(0) : this.int16(-1)
    if (isShortAscii(value)) return this.#length(value.length, compact).#ascii(value)
    const bytes = Buffer.from(value)
    if (bytes.length > 0x7fff)
      throw new RangeError(`text of ${bytes.length} bytes is too long for Kafka's strings: 32767 at most`)
    return this.#length(bytes.length, compact).#raw(bytes)
  }

  #length(length: number, compact: boolean): this {
    return compact ? this.uvarint(length + 1) : this.int16(length)
  }

  #ascii(value: string): this {
    const at = this.#room(value.length)
    for (let i = 0; i < value.length; i++) this.#bytes[at + i] = value.charCodeAt(i)
    return this
  }

  bytes(value: Uint8Array | null): this {
    return value === null ? this.int32(-1) : this.int32(value.length).#raw(value)
  }

  array<A>(items: readonly A[] | null, write: (item: A) => void, compact = false): this {
    const count = items?.length ?? -1
    if (compact) this.uvarint(count + 1)
    else this.int32(count)
    for (const item of items ?? []) write(item)
    return this
  }

  /** What was written. Nothing can be written after it. */
  finish(): Uint8Array {
    const length = this.#at
    const { buffer, byteOffset } = Buffer.allocUnsafe(length)
    const written = new Uint8Array(buffer, byteOffset, length)
    copy.call(this.#bytes, written, 0, 0, length)
    if (this.#bytes.length <= spareBytesMax) spare = this.#bytes
    this.#bytes = nothing
    return written
  }
}

const { copy } = Buffer.prototype

/** Up to here a loop is cheaper than a call. */
const shortMax = 64

const isShortAscii = (text: string): boolean => {
  if (text.length > shortMax) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}
