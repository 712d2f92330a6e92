/*
 * Big-endian integers in place. Plain shifts rather than a DataView: no object a batch, and the same speed.
 * Reading needs the bytes to be there; the callers check lengths first.
 */

export const readInt16 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) >> 16) | (bytes[at + 1] as number)

export const readInt32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 24) |
  ((bytes[at + 1] as number) << 16) |
  ((bytes[at + 2] as number) << 8) |
  (bytes[at + 3] as number)

/** Exact from -2^53 to 2^53; beyond that it is rounded and never a safe integer again, so that a check sees it. */
export const readInt64 = (bytes: Uint8Array, at: number): number =>
  readInt32(bytes, at) * 2 ** 32 + (readInt32(bytes, at + 4) >>> 0)

export const writeInt16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >> 8
  bytes[at + 1] = value
}

/** Also for unsigned values: the low 32 bits are what is written. */
export const writeInt32 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >> 24
  bytes[at + 1] = value >> 16
  bytes[at + 2] = value >> 8
  bytes[at + 3] = value
}

/** `value` is a safe integer. */
export const writeInt64 = (bytes: Uint8Array, at: number, value: number): void => {
  writeInt32(bytes, at, Math.floor(value / 2 ** 32))
  writeInt32(bytes, at + 4, value)
}
