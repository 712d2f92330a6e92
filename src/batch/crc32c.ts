import { crc32c as nativeCrc32c } from '@node-rs/crc32'

/**
 * The CRC-32C (Castagnoli) of `bytes` from `start` to `end`, an unsigned 32-bit number. `zlib.crc32` is another
 * polynomial.
 */
export const crc32c = (bytes: Uint8Array, start = 0, end: number = bytes.length): number =>
  end - start < nativeFromBytes ? sliceBy8(bytes, start, end) : nativeCrc32c(bytes.subarray(start, end))

// The call out of JavaScript costs about what 300 bytes cost inside.
const nativeFromBytes = 512

const polynomial = 0x82f63b78

// Eight tables in one: table k is the effect of a byte that is followed by k zero bytes.
const tables: Int32Array = (() => {
  const made = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ polynomial : crc >>> 1
    made[byte] = crc
  }
  for (let i = 256; i < made.length; i++) {
    const shorter = made[i - 256] as number
    made[i] = (made[shorter & 0xff] as number) ^ (shorter >>> 8)
  }
  return made
})()

/** Eight bytes a step, each looked up by its distance from the end of the step. */
const sliceBy8 = (bytes: Uint8Array, start: number, end: number): number => {
  const t = tables
  let crc = -1
  let at = start
  for (const last = end - 8; at <= last; at += 8) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    crc =
      (t[1792 + (crc & 0xff)] as number) ^
      (t[1536 + ((crc >>> 8) & 0xff)] as number) ^
      (t[1280 + ((crc >>> 16) & 0xff)] as number) ^
      (t[1024 + (crc >>> 24)] as number) ^
      (t[768 + (bytes[at + 4] as number)] as number) ^
      (t[512 + (bytes[at + 5] as number)] as number) ^
      (t[256 + (bytes[at + 6] as number)] as number) ^
      (t[bytes[at + 7] as number] as number)
  }
  for (; at < end; at++) crc = (t[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8)
  return ~crc >>> 0
}

/**
 * The CRC of bytes of which a part was changed, without reading the rest: `crc` was that of the whole, `was` and `is`
 * are those of the part before and after the change, and `followingBytes` is how much comes behind the part.
 *
 * A wrong `crc` stays wrong: bytes that were damaged before the change are not vouched for by it.
 */
export const changedCrc32c = (crc: number, was: number, is: number, followingBytes: number): number =>
  (crc ^ followedByZeros(was ^ is, followingBytes)) >>> 0

/** The effect that `difference` has `count` bytes later: multiplied by x^8 as often, by the bits of `count`. */
const followedByZeros = (difference: number, count: number): number => {
  let crc = difference
  for (let power = 0, rest = count; rest > 0; power++, rest >>>= 1) {
    if ((rest & 1) !== 0) crc = shifted(crc, power)
  }
  return crc
}

/** `crc` followed by 2^power zero bytes, looked up by its eight half-bytes. */
const shifted = (crc: number, power: number): number => {
  const t = zeroTables
  const from = power * 128
  return (
    (t[from + (crc & 15)] as number) ^
    (t[from + 16 + ((crc >>> 4) & 15)] as number) ^
    (t[from + 32 + ((crc >>> 8) & 15)] as number) ^
    (t[from + 48 + ((crc >>> 12) & 15)] as number) ^
    (t[from + 64 + ((crc >>> 16) & 15)] as number) ^
    (t[from + 80 + ((crc >>> 20) & 15)] as number) ^
    (t[from + 96 + ((crc >>> 24) & 15)] as number) ^
    (t[from + 112 + (crc >>> 28)] as number)
  )
}

// For each power of two below 2^31, eight tables of the sixteen half-bytes. Linear: each power is the one before
// it applied twice.
const zeroTables: Int32Array = new Int32Array(31 * 128)
for (let i = 0; i < 128; i++) {
  const crc = (i & 15) << ((i >>> 4) * 4)
  zeroTables[i] = (tables[crc & 0xff] as number) ^ (crc >>> 8)
}
for (let i = 128; i < zeroTables.length; i++) {
  const power = (i >>> 7) - 1
  zeroTables[i] = shifted(zeroTables[i - 128] as number, power)
}
