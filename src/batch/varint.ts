/*
 * Variable-length integers of records: zig-zag (0, -1, 1, -2, … become 0, 1, 2, 3, …), then 7 bits a byte, low ones
 * first, the top bit saying that more follow. A varint is a 32-bit number in at most 5 bytes, a varlong a 64-bit one
 * in at most 10. Reading them is `ByteReader`'s.
 */

/** How many bytes {@link writeVarint} needs; `value` is a 32-bit integer. */
export const varintBytes = (value: number): number => unsignedBytes((value << 1) ^ (value >> 31))

/** How many bytes {@link writeVarlong} needs; `value` is a safe integer. */
export const varlongBytes = (value: number): number =>
  value === (value | 0) ? varintBytes(value) : 4 + unsignedBytes(highBits(value))

/** Writes a 32-bit integer at `at` and answers the position behind it. */
export const writeVarint = (bytes: Uint8Array, at: number, value: number): number =>
  writeUnsigned(bytes, at, (value << 1) ^ (value >> 31))

/** Writes a safe integer at `at` and answers the position behind it. */
export const writeVarlong = (bytes: Uint8Array, at: number, value: number): number => {
  if (value === (value | 0)) return writeVarint(bytes, at, value)
  const low = ((magnitude(value) % lowRange) << 1) | (value < 0 ? 1 : 0)
  bytes[at] = low | 0x80
  bytes[at + 1] = (low >> 7) | 0x80
  bytes[at + 2] = (low >> 14) | 0x80
  bytes[at + 3] = (low >> 21) | 0x80
  return writeUnsigned(bytes, at + 4, highBits(value))
}

// What does not fit 32 bits is written in two halves: the first four bytes take the sign and 27 bits, which are
// followed by at least one byte more since the value is 2^31 or larger.
const lowRange = 2 ** 27
const magnitude = (value: number): number => (value < 0 ? -value - 1 : value)
const highBits = (value: number): number => Math.floor(magnitude(value) / lowRange)

const unsignedBytes = (bits: number): number => ((38 - Math.clz32(bits | 1)) / 7) | 0

const writeUnsigned = (bytes: Uint8Array, at: number, bits: number): number => {
  let next = at
  let rest = bits
  while ((rest & ~0x7f) !== 0) {
    bytes[next++] = rest | 0x80
    rest >>>= 7
  }
  bytes[next++] = rest
  return next
}
