import { headerBytes } from './record-batch.ts'
import { headersBytes, type RecordHeaders } from './record-headers.ts'
import { varintBytes, varlongBytes } from './varint.ts'

/** What a record takes in a batch behind its length; deltas are to the first record there, and `timestampDelta` is a safe integer. */
export const bodyBytes = (
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: RecordHeaders,
  timestampDelta: number,
  offsetDelta: number,
): number =>
  1 +
  varlongBytes(timestampDelta) +
  varintBytes(offsetDelta) +
  fieldBytes(key) +
  fieldBytes(value) +
  (headers.size === 0 ? 1 : headersBytes(headers))

/**
 * What a batch of this record alone takes before compression, to the byte: a topic takes the record exactly where this
 * is not above its `max.message.bytes`.
 */
export const aloneBytes = (key: Uint8Array | null, value: Uint8Array | null, headers: RecordHeaders): number => {
  const body = bodyBytes(key, value, headers, 0, 0)
  return headerBytes + varintBytes(body) + body
}

/** A length and as many bytes; null is the length -1. */
const fieldBytes = (field: Uint8Array | null): number => (field === null ? 1 : varintBytes(field.length) + field.length)
