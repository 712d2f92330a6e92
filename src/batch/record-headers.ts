import { ByteReader } from './byte-reader.ts'
import { varintBytes, writeVarint } from './varint.ts'

/** A record's headers. Kafka lets a name come twice, and a value be null: here the last wins, and null is no bytes. */
export type RecordHeaders = ReadonlyMap<string, Uint8Array>

/** Shared by every record that has none. */
export const noHeaders: RecordHeaders = new Map()

/** The same headers in bytes of their own; costs nothing where there are none. */
export const copyHeaders = (headers: RecordHeaders): RecordHeaders => {
  if (headers.size === 0) return headers
  const copy = new Map<string, Uint8Array>()
  for (const [name, value] of headers) copy.set(name, new Uint8Array(value))
  return copy
}

/** What {@link writeHeaders} needs. */
export const headersBytes = (headers: RecordHeaders): number => {
  let sizeBytes = varintBytes(headers.size)
  for (const [name, value] of headers) {
    const nameBytes = Buffer.byteLength(name)
    sizeBytes += varintBytes(nameBytes) + nameBytes + varintBytes(value.length) + value.length
  }
  return sizeBytes
}

/** Writes the number of headers and each of them at `at`, and answers the position behind. */
export const writeHeaders = (bytes: Uint8Array, at: number, headers: RecordHeaders): number => {
  let next = writeVarint(bytes, at, headers.size)
  for (const [name, value] of headers) {
    next = writeVarint(bytes, next, Buffer.byteLength(name))
    next += encoder.encodeInto(name, bytes.subarray(next)).written
    next = writeVarint(bytes, next, value.length)
    bytes.set(value, next)
    next += value.length
  }
  return next
}

/** Reads `count` headers at `at`, which the cursor has walked over before: their lengths are sound. */
export const readHeaders = (bytes: Uint8Array, at: number, count: number): RecordHeaders => {
  const headers = new Map<string, Uint8Array>()
  const reader = new ByteReader(bytes, at)
  for (let i = 0; i < count; i++) {
    const nameEnd = reader.varint() + reader.at
    const name = decoder.decode(bytes.subarray(reader.at, nameEnd))
    reader.at = nameEnd
    const valueBytes = Math.max(reader.varint(), 0)
    headers.set(name, bytes.subarray(reader.at, reader.at + valueBytes))
    reader.at += valueBytes
  }
  return headers
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
