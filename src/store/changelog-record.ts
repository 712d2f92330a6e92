import { noHeaders, type RecordHeaders } from '../batch/record-headers.ts'
import { never } from '../contracts/state-store.ts'

/**
 * Of a change that expires: when, as eight bytes, big-endian, milliseconds since the epoch. One that does not has no header, so
 * that a changelog says of each record for itself whether it expires, whatever the store was declared as by then.
 */
const expiryHeader = 'expires'

/** The headers of a change in its changelog. */
export const headersOf = (expiresAt: number): RecordHeaders => {
  if (expiresAt === never) return noHeaders
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.floor(expiresAt / 2 ** 32))
  view.setUint32(4, expiresAt >>> 0)
  return new Map([[expiryHeader, bytes]])
}

const anyExpiry = headersOf(1)

/** Headers as large as {@link headersOf}. */
export const headersLike = (expiresAt: number): RecordHeaders => (expiresAt === never ? noHeaders : anyExpiry)

/** When a change in a changelog expires. */
export const expiryIn = (headers: RecordHeaders): number => {
  if (headers === noHeaders) return never
  const bytes = headers.get(expiryHeader)
  if (bytes?.length !== 8) return never
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4)
}
