import { headersBytes, type RecordHeaders, writeHeaders } from './record-headers.ts'
import { varintBytes, writeVarint } from './varint.ts'

/*
 * Key, value and headers of a record as a batch holds them, one behind the other: its last bytes there, which mean the
 * same wherever in a batch they lie.
 */

/** What {@link writeFields} needs. */
export const fieldsBytes = (key: Uint8Array | null, value: Uint8Array | null, headers: RecordHeaders): number =>
  fieldBytes(key) + fieldBytes(value) + (headers.size === 0 ? 1 : headersBytes(headers))

/** Writes the fields at `at`, copying them. */
export const writeFields = (
  bytes: Uint8Array,
  at: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: RecordHeaders,
): void => {
  const headersAt = writeField(bytes, writeField(bytes, at, key), value)
  if (headers.size === 0) bytes[headersAt] = 0
  else writeHeaders(bytes, headersAt, headers)
}

/** A length and as many bytes; null is the length -1. */
const fieldBytes = (field: Uint8Array | null): number => (field === null ? 1 : varintBytes(field.length) + field.length)

const writeField = (bytes: Uint8Array, at: number, field: Uint8Array | null): number => {
  if (field === null) {
    bytes[at] = 1
    return at + 1
  }
  const length = field.length
  const from = writeVarint(bytes, at, length)
  if (length > copiedByHandMax) bytes.set(field, from)
  else for (let i = 0; i < length; i++) bytes[from + i] = field[i] as number
  return from + length
}

// A call to `set` costs what a loop needs for so many bytes.
const copiedByHandMax = 32
