import { headersBytes, type RecordHeaders, type WrittenHeaders, writeHeaders } from './record-headers.ts'
import { varintBytes, writeVarint } from './varint.ts'

/*
 * Key, value and headers of a record as a batch holds them, one behind the other: its last bytes there, which mean the
 * same wherever in a batch they lie.
 */

/** What {@link writeFields} needs. */
export const fieldsBytes = (key: Uint8Array | null, value: Uint8Array | null, headers: RecordHeaders): number =>
  fieldsBytesOf(lengthOf(key), lengthOf(value), headers)

/** The same of a key and a value that are so long; -1 where there is none. */
export const fieldsBytesOf = (keyBytes: number, valueBytes: number, headers: RecordHeaders | WrittenHeaders): number =>
  fieldBytes(keyBytes) + fieldBytes(valueBytes) + (headers.size === 0 ? 1 : headersBytes(headers))

/** How long a key or a value is; -1 where there is none. */
export const lengthOf = (field: Uint8Array | null): number => (field === null ? -1 : field.length)

/** Writes the fields at `at`, copying them: of the key and the value so many bytes as is said, where it is. */
export const writeFields = (
  bytes: Uint8Array,
  at: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: RecordHeaders | WrittenHeaders,
  keyBytes: number = lengthOf(key),
  valueBytes: number = lengthOf(value),
): void => {
  const headersAt = writeField(bytes, writeField(bytes, at, key, keyBytes), value, valueBytes)
  if (headers.size === 0) bytes[headersAt] = 0
  else writeHeaders(bytes, headersAt, headers)
}

/** A length and as many bytes; null is the length -1. */
const fieldBytes = (length: number): number => (length < 0 ? 1 : varintBytes(length) + length)

const writeField = (bytes: Uint8Array, at: number, field: Uint8Array | null, length: number): number => {
  if (field === null) {
    bytes[at] = 1
    return at + 1
  }
  const from = writeVarint(bytes, at, length)
  if (length > copiedByHandMax) bytes.set(field.length === length ? field : field.subarray(0, length), from)
  else for (let i = 0; i < length; i++) bytes[from + i] = field[i] as number
  return from + length
}

// A call to `set` costs what a loop needs for so many bytes.
const copiedByHandMax = 32
