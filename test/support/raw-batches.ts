import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { writeInt32 } from '../../src/batch/big-endian.ts'
import { crc32c } from '../../src/batch/crc32c.ts'
import { type OpenOptions, openBatch } from '../../src/batch/read-records.ts'
import { batchSizeOf } from '../../src/batch/record-batch.ts'
import type { CompressionName } from '../../src/contracts/topic.ts'

/** A record as a batch holds it. */
export interface RawRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: ReadonlyMap<string, Uint8Array>
  readonly timestamp: number
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

export const arbitraryCompression: fc.Arbitrary<CompressionName> = fc.constantFrom(
  'none',
  'gzip',
  'snappy',
  'lz4',
  'zstd',
)

const arbitraryBytes = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 24 }) },
  // Beyond one byte of length, and beyond what is copied byte by byte.
  { weight: 1, arbitrary: fc.nat({ max: 300 }).map((length) => new Uint8Array(length).fill(length)) },
)

/** Around now, and at the ends of what fits. */
const arbitraryTimestamp = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -1, max: 2 ** 52 }) },
)

/** A byte order mark belongs to the name. */
const arbitraryName = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('', 'a', '\ufeffa'))

export const arbitraryRecord: fc.Arbitrary<RawRecord> = fc.record({
  key: fc.option(arbitraryBytes),
  value: fc.option(arbitraryBytes),
  headers: fc
    .array(fc.tuple(arbitraryName, fc.uint8Array({ maxLength: 8 })), { maxLength: 3 })
    .map((entries) => new Map(entries)),
  timestamp: arbitraryTimestamp,
})

export const arbitraryRecords: fc.Arbitrary<RawRecord[]> = fc.array(arbitraryRecord, { minLength: 1, maxLength: 12 })

export const batchOf = (records: readonly RawRecord[], compression: CompressionName = 'none'): Uint8Array => {
  const builder = new BatchBuilder({ compression })
  for (const { key, value, headers, timestamp } of records) builder.add(key, value, headers, timestamp)
  return builder.build()
}

/** All records of a batch, copied out; throws where it is corrupt. */
export const recordsOf = (batch: Uint8Array, options?: OpenOptions): (RawRecord & { readonly offset: number })[] => {
  const opened = openBatch(batch, options)
  if (E.isLeft(opened)) throw new Error(`${opened.left.reason} (at ${opened.left.position})`)
  const cursor = opened.right
  const records = []
  while (cursor.next()) {
    const { offset, timestamp, headers } = cursor
    const key = cursor.key === null ? null : Uint8Array.from(cursor.key)
    const value = cursor.value === null ? null : Uint8Array.from(cursor.value)
    records.push({
      offset,
      timestamp,
      key,
      value,
      headers: new Map([...headers].map(([name, bytes]) => [name, Uint8Array.from(bytes)])),
    })
  }
  return records
}

/** A copy of `batch` with `change` made to it, and a CRC that vouches for the change. */
export const forged = (batch: Uint8Array, change: (bytes: Uint8Array) => void): Uint8Array => {
  const bytes = Uint8Array.from(batch)
  change(bytes)
  const end = Math.min(Math.max(batchSizeOf(bytes), 0), bytes.length)
  writeInt32(bytes, 17, crc32c(bytes, 21, Math.max(end, 21)))
  return bytes
}

/** `batch` with other bytes in the place of its records, its length and CRC fitting them. */
export const withRecords = (batch: Uint8Array, records: Uint8Array): Uint8Array =>
  forged(Buffer.concat([batch.subarray(0, 61), records]), (bytes) => writeInt32(bytes, 8, bytes.length - 12))
