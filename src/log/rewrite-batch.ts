import { compress } from '../batch/compression.ts'
import type { RecordCursor } from '../batch/read-records.ts'
import {
  attributesOf,
  type BatchHeader,
  deleteHorizonBit,
  headerBytes,
  place,
  writeHeader,
} from '../batch/record-batch.ts'
import { headersBytes, type RecordHeaders, writeHeaders } from '../batch/record-headers.ts'
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from '../batch/varint.ts'

/** A record that stays, as it was read. */
export interface KeptRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: RecordHeaders
}

export const keepRecord = ({ offset, timestamp, key, value, headers }: RecordCursor): KeptRecord => ({
  offset,
  timestamp,
  key,
  value,
  headers,
})

export interface Rewrite {
  readonly header: BatchHeader
  /** Some of the batch's records, in order; none leaves the header, which says where the log goes on. */
  readonly records: readonly KeptRecord[]
  /** The time from which tombstones and markers in it may go; `undefined` leaves what it says. */
  readonly deleteHorizon: number | undefined
}

/**
 * `batch` with fewer records, or with a delete horizon. Its offsets stay, first and last too, and so does its identity:
 * nobody can tell but by what is missing.
 */
export const rewriteBatch = (batch: Uint8Array, { header, records, deleteHorizon }: Rewrite): Uint8Array => {
  const baseTimestamp = deleteHorizon ?? header.baseTimestamp
  const packed = encode(records, header.baseOffset, baseTimestamp)
  const body = header.compression === 'none' || records.length === 0 ? packed : compress(header.compression, packed)
  const bytes = new Uint8Array(headerBytes + body.length)
  bytes.set(body, headerBytes)
  const isAppendTime = header.timestampType === 'LogAppendTime'
  writeHeader(bytes, {
    attributes: attributesOf(batch) | (deleteHorizon === undefined ? 0 : deleteHorizonBit),
    lastOffsetDelta: header.lastOffsetDelta,
    baseTimestamp,
    maxTimestamp: isAppendTime
      ? header.maxTimestamp
      : records.reduce((max, { timestamp }) => Math.max(max, timestamp), -1),
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    baseSequence: header.baseSequence,
    transactional: header.transactional,
    count: records.length,
  })
  place(bytes, header.baseOffset, header.leaderEpoch)
  return bytes
}

const encode = (records: readonly KeptRecord[], baseOffset: number, baseTimestamp: number): Uint8Array => {
  const bodies = records.map((record) => bodyBytes(record, baseOffset, baseTimestamp))
  const bytes = new Uint8Array(bodies.reduce((sum, body) => sum + varintBytes(body) + body, 0))
  let at = 0
  for (const [index, record] of records.entries()) {
    at = writeVarint(bytes, at, bodies[index] ?? 0)
    bytes[at++] = 0
    at = writeVarlong(bytes, at, record.timestamp - baseTimestamp)
    at = writeVarint(bytes, at, record.offset - baseOffset)
    at = writeField(bytes, at, record.key)
    at = writeField(bytes, at, record.value)
    at = writeHeaders(bytes, at, record.headers)
  }
  return bytes
}

const bodyBytes = (record: KeptRecord, baseOffset: number, baseTimestamp: number): number =>
  1 +
  varlongBytes(record.timestamp - baseTimestamp) +
  varintBytes(record.offset - baseOffset) +
  fieldBytes(record.key) +
  fieldBytes(record.value) +
  headersBytes(record.headers)

const fieldBytes = (field: Uint8Array | null): number => (field === null ? 1 : varintBytes(field.length) + field.length)

const writeField = (bytes: Uint8Array, at: number, field: Uint8Array | null): number => {
  const next = writeVarint(bytes, at, field?.length ?? -1)
  if (field !== null) bytes.set(field, next)
  return next + (field?.length ?? 0)
}
