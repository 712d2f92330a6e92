import { readInt16, readInt32 } from './big-endian.ts'
import { refuseBatch } from './corrupt-batch.ts'

/**
 * Reads what a record is made of, one after the other.
 *
 * It does not look at the end before each byte: bytes beyond the array read as zeros, and each call moves on by ten
 * bytes at most, so whoever knows where things should end compares {@link at} with it afterwards.
 *
 * **Errors** throws a `CorruptBatchError`.
 */
export class ByteReader {
  readonly bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.at = at
  }

  /** A zig-zag varint: a 32-bit integer in at most five bytes. */
  varint(): number {
    const byte = this.bytes[this.at] as number
    if (byte < 0x80) {
      this.at++
      return (byte >> 1) ^ -(byte & 1)
    }
    return this.#longerVarint()
  }

  #longerVarint(): number {
    const { bytes, at } = this
    let bits = (bytes[at] as number) & 0x7f
    for (let i = 1; i < 5; i++) {
      const byte = bytes[at + i] as number
      bits |= (byte & 0x7f) << (7 * i)
      if (byte < 0x80 || byte === undefined) {
        if (i === 4 && byte > 0x0f) break
        this.at = at + i + 1
        return (bits >>> 1) ^ -(bits & 1)
      }
    }
    return refuseBatch(at, 'a varint is longer than 32 bits')
  }

  /** A zig-zag varlong in at most ten bytes; what lies beyond 2^53 either way is refused. */
  varlong(): number {
    const byte = this.bytes[this.at] as number
    if (byte < 0x80) {
      this.at++
      return (byte >> 1) ^ -(byte & 1)
    }
    return this.#longerVarlong()
  }

  #longerVarlong(): number {
    const { bytes, at } = this
    let bits = 0
    let unit = 1
    const negative = ((bytes[at] as number) & 1) !== 0
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at + i] as number
      bits += ((byte & 0x7f) >> (i === 0 ? 1 : 0)) * unit
      unit *= i === 0 ? 64 : 128
      if (byte < 0x80 || byte === undefined) {
        if (bits > Number.MAX_SAFE_INTEGER) return refuseBatch(at, `a varlong is beyond 2^53`)
        this.at = at + i + 1
        return negative ? -bits - 1 : bits
      }
    }
    return refuseBatch(at, 'a varlong is longer than 64 bits')
  }

  int16(): number {
    this.at += 2
    return readInt16(this.bytes, this.at - 2)
  }

  int32(): number {
    this.at += 4
    return readInt32(this.bytes, this.at - 4)
  }
}
