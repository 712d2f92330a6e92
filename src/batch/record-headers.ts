import { ByteReader } from './byte-reader.ts'
import { bytesOfName, nameIn } from './header-names.ts'
import { varintBytes, writeVarint } from './varint.ts'

/** A record's headers. Kafka lets a name come twice, and a value be null: here the last wins, and null is no bytes. */
export type RecordHeaders = ReadonlyMap<string, Uint8Array>

/** Shared by every record that has none. */
export const noHeaders: RecordHeaders = new Map()

/** Headers as a batch holds them, behind their number: to be copied from where they lie. */
export class WrittenHeaders {
  /** How many there are, or more than none. */
  readonly size = 1
  bytes: Uint8Array = noBytes
  from = 0
  to = 0

  /** They lie in `bytes` from `from` up to `to`, their number among them. */
  are(bytes: Uint8Array, from: number, to: number): this {
    this.bytes = bytes
    this.from = from
    this.to = to
    return this
  }
}

const noBytes = new Uint8Array(0)

/** The same headers in bytes of their own; costs nothing where there are none. */
export const copyHeaders = (headers: RecordHeaders): RecordHeaders => {
  if (headers.size === 0) return headers
  let sizeBytes = 0
  for (const value of headers.values()) sizeBytes += value.length
  // one piece for all: each of its own costs more than what is copied
  const bytes = Buffer.allocUnsafe(sizeBytes)
  const copy = new Map<string, Uint8Array>()
  let at = 0
  for (const [name, value] of headers) {
    bytes.set(value, at)
    copy.set(name, new Uint8Array(bytes.buffer, bytes.byteOffset + at, value.length))
    at += value.length
  }
  return copy
}

/** What {@link writeHeaders} needs. */
export const headersBytes = (headers: RecordHeaders | WrittenHeaders): number => {
  if (headers instanceof WrittenHeaders) return headers.to - headers.from
  let sizeBytes = varintBytes(headers.size)
  for (const [name, value] of headers) {
    const nameBytes = bytesOfName(name).length
    sizeBytes += varintBytes(nameBytes) + nameBytes + varintBytes(value.length) + value.length
  }
  return sizeBytes
}

/** Writes the number of headers and each of them at `at`, and answers the position behind. */
export const writeHeaders = (bytes: Uint8Array, at: number, headers: RecordHeaders | WrittenHeaders): number => {
  if (headers instanceof WrittenHeaders) return copyWritten(bytes, at, headers)
  let next = writeVarint(bytes, at, headers.size)
  for (const [name, value] of headers) {
    next = writeCounted(bytes, next, bytesOfName(name))
    next = writeCounted(bytes, next, value)
  }
  return next
}

const copyWritten = (into: Uint8Array, at: number, { bytes, from, to }: WrittenHeaders): number => {
  for (let i = from; i < to; i++) into[at + i - from] = bytes[i] as number
  return at + to - from
}

/** Writes the length of `part`, and what is in it. */
const writeCounted = (bytes: Uint8Array, at: number, part: Uint8Array): number => {
  const { length } = part
  const from = writeVarint(bytes, at, length)
  if (length > shortMax) bytes.set(part, from)
  else for (let i = 0; i < length; i++) bytes[from + i] = part[i] as number
  return from + length
}

/** Up to here a loop is cheaper than a call. */
const shortMax = 32

/** Reads `count` headers at `at`, which the cursor has walked over before: their lengths are sound. */
export const readHeaders = (bytes: Uint8Array, at: number, count: number): RecordHeaders => {
  const headers = new Map<string, Uint8Array>()
  const reader = new ByteReader(bytes, at)
  for (let i = 0; i < count; i++) {
    const nameEnd = reader.varint() + reader.at
    const name = nameIn(bytes, reader.at, nameEnd)
    reader.at = nameEnd
    const valueBytes = Math.max(reader.varint(), 0)
    headers.set(name, bytes.subarray(reader.at, reader.at + valueBytes))
    reader.at += valueBytes
  }
  return headers
}
