import { headerBytes } from './record-batch.ts'
import { fieldsBytes } from './record-fields.ts'
import type { RecordHeaders } from './record-headers.ts'
import { varintBytes, varlongBytes } from './varint.ts'

/**
 * What a record takes in a batch behind its length, where its fields take `fields`; deltas are to the first record
 * there, and `timestampDelta` is a safe integer.
 */
export const bodyBytes = (fields: number, timestampDelta: number, offsetDelta: number): number =>
  1 + varlongBytes(timestampDelta) + varintBytes(offsetDelta) + fields

/**
 * What a batch of this record alone takes before compression, to the byte: a topic takes the record exactly where this
 * is not above its `max.message.bytes`.
 */
export const aloneBytes = (key: Uint8Array | null, value: Uint8Array | null, headers: RecordHeaders): number =>
  aloneBytesOf(fieldsBytes(key, value, headers))

/** The same of a record whose fields take `fields`. */
export const aloneBytesOf = (fields: number): number => {
  const body = bodyBytes(fields, 0, 0)
  return headerBytes + varintBytes(body) + body
}
