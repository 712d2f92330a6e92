import { never } from '../contracts/state-store.ts'

/** Of an entry of the index of expiries, which lies in the order of time. */
const expiryPrefix = 2
const expiryBytes = 8

/** Where the index says that `key` expires at that time. */
export const expiryKey = (expiresAt: number, key: Uint8Array): Uint8Array => {
  const bytes = Buffer.allocUnsafe(1 + expiryBytes + key.length)
  bytes[0] = expiryPrefix
  writeTime(bytes, 1, expiresAt)
  bytes.set(key, 1 + expiryBytes)
  return bytes
}

export const keyOfExpiry = (bytes: Uint8Array): Uint8Array => bytes.slice(1 + expiryBytes)

/** A value with when it expires: a byte that says whether it does, and the time where it does. */
export const valueBytes = (value: Uint8Array, expiresAt: number): Uint8Array => {
  const at = expiresAt === never ? 1 : 1 + expiryBytes
  const bytes = Buffer.allocUnsafe(at + value.length)
  bytes[0] = expiresAt === never ? 0 : 1
  if (expiresAt !== never) writeTime(bytes, 1, expiresAt)
  bytes.set(value, at)
  return bytes
}

export const readValue = (bytes: Uint8Array): { readonly value: Uint8Array; readonly expiresAt: number } =>
  bytes[0] === 0
    ? { value: bytes.subarray(1), expiresAt: never }
    : { value: bytes.subarray(1 + expiryBytes), expiresAt: readTime(bytes, 1) }

const writeTime = (bytes: Buffer, at: number, time: number): void => {
  bytes.writeUInt32BE(Math.floor(time / 2 ** 32), at)
  bytes.writeUInt32BE(time % 2 ** 32, at + 4)
}

const readTime = (bytes: Uint8Array, at: number): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, expiryBytes)
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4)
}
