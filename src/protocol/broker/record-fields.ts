/** The bytes are not what they should be. Caught by whoever reads a whole record, and never seen outside. */
export class UnreadableField extends Error {
  override readonly name = 'UnreadableField'
}

const bytesToText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const textToBytes = new TextEncoder()

/**
 * Reads the fields of Kafka's coordinator records: big-endian numbers, strings and arrays with a length before them,
 * plain or (`flexible`) compact. **Errors** throws {@link UnreadableField}.
 */
export class FieldReader {
  flexible = false
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
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
    if (!Number.isSafeInteger(value)) throw new UnreadableField(`the number at byte ${at} is beyond 2^53`)
    return value
  }

  uvarint(): number {
    const start = this.#at
    let value = 0
    for (let i = 0; i < 5; i++) {
      const byte = this.#view.getUint8(this.#take(1))
      value += (byte & 0x7f) * 2 ** (7 * i)
      if (byte < 0x80) return value
    }
    throw new UnreadableField(`the length at byte ${start} takes more than 5 bytes`)
  }

  string(): string {
    const length = this.flexible ? this.uvarint() - 1 : this.int16()
    if (length < 0) throw new UnreadableField(`the text at byte ${this.#at} is null`)
    const at = this.#take(length)
    try {
      return bytesToText.decode(this.#bytes.subarray(at, at + length))
    } catch {
      throw new UnreadableField(`the text at byte ${at} is not UTF-8`)
    }
  }

  /** How many elements follow; none for null. Each takes a byte at least, so that a wild number is seen at once. */
  count(): number {
    const count = this.flexible ? this.uvarint() - 1 : this.int32()
    const left = this.#bytes.length - this.#at
    if (count > left) throw new UnreadableField(`${count} elements cannot lie in the last ${left} bytes`)
    return Math.max(count, 0)
  }

  /** Tagged fields: `read` may read the field, and goes on behind it either way. */
  tags(read: (tag: number) => void): void {
    for (let count = this.uvarint(); count > 0; count--) {
      const tag = this.uvarint()
      const start = this.#take(this.uvarint())
      const end = this.#at
      this.#at = start
      read(tag)
      if (this.#at > end) throw new UnreadableField(`tagged field ${tag} is longer than it says`)
      this.#at = end
    }
  }

  /** Nothing may be left. */
  end(): void {
    const left = this.#bytes.length - this.#at
    if (left > 0) throw new UnreadableField(`${left} bytes are left over`)
  }

  #take(length: number): number {
    const at = this.#at
    if (length > this.#bytes.length - at) throw new UnreadableField(`it ends within the field at byte ${at}`)
    this.#at = at + length
    return at
  }
}

/** Writes what {@link FieldReader} reads. */
export class FieldWriter {
  flexible = false
  #bytes = new Uint8Array(128)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  int8(value: number): void {
    const at = this.#make(1)
    this.#view.setInt8(at, value)
  }

  int16(value: number): void {
    const at = this.#make(2)
    this.#view.setInt16(at, value)
  }

  int32(value: number): void {
    const at = this.#make(4)
    this.#view.setInt32(at, value)
  }

  int64(value: number): void {
    const at = this.#make(8)
    this.#view.setInt32(at, Math.floor(value / 2 ** 32))
    this.#view.setUint32(at + 4, value % 2 ** 32)
  }

  uvarint(value: number): void {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.int8((rest % 0x80) | 0x80)
    this.int8(rest)
  }

  string(value: string): void {
    const text = textToBytes.encode(value)
    if (this.flexible) this.uvarint(text.length + 1)
    else if (text.length > 0x7fff) throw new RangeError(`a text of ${text.length} bytes is too long: 32767 at most`)
    else this.int16(text.length)
    const at = this.#make(text.length)
    this.#bytes.set(text, at)
  }

  /** The number of an array's elements; undefined is null. */
  count(count: number | undefined): void {
    if (this.flexible) this.uvarint((count ?? -1) + 1)
    else this.int32(count ?? -1)
  }

  /** The head of a tagged field of `sizeBytes`. */
  tag(tag: number, sizeBytes: number): void {
    this.uvarint(tag)
    this.uvarint(sizeBytes)
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#at)
  }

  #make(length: number): number {
    const at = this.#at
    this.#at = at + length
    if (this.#at > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#at, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}
