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
