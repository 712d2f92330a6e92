import * as E from 'fp-ts/lib/Either.js'

/** Bytes that are not what their format says. */
export interface MalformedBytes {
  readonly _tag: 'MalformedBytes'
  readonly message: string
}

class Malformed extends Error {}

const utf8 = new TextEncoder()
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

  int16(): number {
    return this.#view.getInt16(this.#take(2))
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4))
  }

  int64(): number {
    const value = Number(this.#view.getBigInt64(this.#take(8)))
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

  array<A>(read: () => A, compact = false): A[] {
    const count = compact ? this.uvarint() - 1 : this.int32()
    if (count < 0 || count > this.#bytes.length - this.#at) this.refuse(`${count} elements`)
    return Array.from({ length: count }, read)
  }

  /** Passes over the tagged fields that end a structure in flexible versions. */
  tags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint()
      this.#take(this.uvarint())
    }
  }
}

/** Appends Kafka's primitive types, big-endian, to a buffer that grows. */
export class ByteWriter {
  #view = new DataView(new ArrayBuffer(128))
  #at = 0

  #room(length: number): number {
    const at = this.#at
    this.#at += length
    if (this.#at > this.#view.byteLength) {
      const larger = new Uint8Array(2 * this.#at)
      larger.set(new Uint8Array(this.#view.buffer, 0, at))
      this.#view = new DataView(larger.buffer)
    }
    return at
  }

  int16(value: number): this {
    const at = this.#room(2)
    this.#view.setInt16(at, value)
    return this
  }

  int32(value: number): this {
    const at = this.#room(4)
    this.#view.setInt32(at, value)
    return this
  }

  int64(value: number): this {
    const at = this.#room(8)
    this.#view.setBigInt64(at, BigInt(value))
    return this
  }

  #raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length)
    new Uint8Array(this.#view.buffer).set(bytes, at)
    return this
  }

  /** At most 32,767 bytes of UTF-8, or a RangeError. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const bytes = utf8.encode(value)
    if (bytes.length > 0x7fff) throw new RangeError(`text of ${bytes.length} bytes; Kafka's strings hold 32767`)
    return this.int16(bytes.length).#raw(bytes)
  }

  bytes(value: Uint8Array | null): this {
    return value === null ? this.int32(-1) : this.int32(value.length).#raw(value)
  }

  array<A>(items: readonly A[], write: (item: A) => void): this {
    this.int32(items.length)
    for (const item of items) write(item)
    return this
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#view.buffer.slice(0, this.#at))
  }
}
