import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { writeInt32, writeInt64 } from '../../src/batch/big-endian.ts'
import { orCorrupt } from '../../src/batch/corrupt-batch.ts'
import { openBatch, type RecordCursor, readRecords } from '../../src/batch/read-records.ts'
import { stampAppendTime } from '../../src/batch/record-batch.ts'
import { noHeaders } from '../../src/batch/record-headers.ts'
import {
  arbitraryCompression,
  arbitraryRecords,
  batchOf,
  forged,
  fromHex,
  recordsOf,
  utf8,
  withRecords,
} from '../support/raw-batches.ts'

/** What is wrong with `bytes`, or `undefined`; asking for everything a record has. */
const fault = (bytes: Uint8Array): string | undefined => {
  const all = (r: RecordCursor) => void [r.offset, r.timestamp, r.key, r.value, r.headers]
  const read = readRecords(bytes, all, { maxBytes: 1_000_000 })
  return E.isLeft(read) ? read.left.reason : undefined
}
const record = { key: utf8('k'), value: utf8('v'), headers: noHeaders, timestamp: 1000 }

describe('openBatch', () => {
  it('reads a batch where it lies, and copies none of it', () =>
    fc.assert(
      fc.property(arbitraryRecords, fc.nat({ max: 50 }), (records, at) => {
        const batch = batchOf(records)
        const around = Buffer.concat([new Uint8Array(at).fill(0xff), batch, new Uint8Array(9).fill(0xff)])
        expect(recordsOf(around, { at })).toEqual(recordsOf(batch))
        readRecords(
          around,
          ({ key, value }) => {
            expect([key?.buffer ?? around.buffer, value?.buffer ?? around.buffer]).toEqual([
              around.buffer,
              around.buffer,
            ])
          },
          { at },
        )
      }),
    ))

  it('says how long keys and values are without making them', () =>
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        const lengths: unknown[] = []
        readRecords(batchOf(records), ({ keyBytes, valueBytes }) => void lengths.push([keyBytes, valueBytes]))
        expect(lengths).toEqual(records.map(({ key, value }) => [key?.length ?? -1, value?.length ?? -1]))
      }),
    ))

  it('gives every record the time of the append where the topic stamps them', () =>
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        const batch = batchOf(records)
        stampAppendTime(batch, 77)
        expect(recordsOf(batch).map(({ timestamp }) => timestamp)).toEqual(records.map(() => 77))
      }),
    ))

  it('believes the CRC only when told to', () => {
    const batch = batchOf([record])
    writeInt32(batch, 17, 0)
    expect(E.isLeft(openBatch(batch))).toBe(true)
    expect(E.isRight(openBatch(batch, { checkCrc: false }))).toBe(true)
  })

  it('lets the last header of a name win, and reads a null one as no bytes', () => {
    // Three headers: b=null, a=1, a=2.
    const body = '000000' + '0101' + '06' + '026201' + '02610231' + '02610232'
    const bytes = withRecords(batchOf([record]), fromHex(body.length.toString(16).padStart(2, '0') + body))
    expect(recordsOf(bytes)[0]?.headers).toEqual(
      new Map([
        ['a', Uint8Array.from(utf8('2'))],
        ['b', new Uint8Array(0)],
      ]),
    )
  })
})

describe('a corrupt record, under a CRC that vouches for it', () => {
  const one = batchOf([record])
  // length 14/2, attributes, timestamp delta, offset delta, key length and k, value length and v, no headers
  it.each([
    ['is sound as it is', '1000000002 6b 02 76 00', undefined],
    ['claims more bytes than there are', '1200000002 6b 02 76 00', /record 0 of 1 has 9 bytes; the records end at 70/],
    ['claims fewer bytes than its fields', '0e00000002 6b 02 76 00', /its fields end|bytes follow/],
    ['claims more bytes than its fields', '1200000002 6b 02 76 00 ff', /has 9 bytes, and its fields end at 70/],
    ['has a negative length', '0100000002 6b 02 76 00', /has -1 bytes/],
    ['has a key of -2 bytes', '1000000003 6b 02 76 00', /a key of -2 bytes/],
    ['has a key beyond its end', '10000000 7e 6b 02 76 00', /a key of 63 bytes/],
    ['has a key of 2 GiB', '1800000 0 feffffff0f 6b 02 76 00', /a key of 2147483647 bytes/],
    ['has a value of -2 bytes', '1000000002 6b 03 76 00', /a value of -2 bytes/],
    ['has a value beyond its end', '1000000002 6b 7e 76 00', /a value of 63 bytes/],
    ['has -1 headers', '1000000002 6b 02 76 01', /has -1 headers/],
    ['has more headers than bytes', '1000000002 6b 02 76 7e', /has 63 headers/],
    ['has 2^31 headers', '1800000002 6b 02 76 feffffff0f', /has 2147483647 headers/],
    ['has a header without a name', '1400000002 6b 02 76 02 01 01', /a header name of -1 bytes/],
    ['has a header name beyond its end', '1400000002 6b 02 76 02 7e 01', /a header name of 63 bytes/],
    ['has a header value beyond its end', '1400000002 6b 02 76 02 00 7e', /a header value of 63 bytes/],
    ['has a header value of -2 bytes', '1400000002 6b 02 76 02 00 03', /a header value of -2 bytes/],
    ['has an offset beyond the last', '1000000202 6b 02 76 00', /offset delta 1/],
    ['has an offset before the first', '1000000102 6b 02 76 00', /offset delta -1/],
    ['has a timestamp beyond 2^53', '1e00 feffffffffffff1f 0002 6b 02 76 00', /a timestamp beyond 2\^53/],
    ['has a varint of six bytes', '1a0000 808080808001 02 6b 02 76 00', /a varint is longer/],
    ['has a varlong of eleven bytes', '2400 8080808080808080808001 0002 6b 02 76 00', /a varlong is longer/],
    ['is followed by more bytes', '1000000002 6b 02 76 00 ff', /1 bytes follow the last record/],
    ['ends in the middle', '1000000002 6b 02', /has 8 bytes/],
  ])('%s', (_what, hex, expected) => {
    const reason = fault(withRecords(one, fromHex(hex.replaceAll(' ', ''))))
    if (expected === undefined) expect(reason).toBe(undefined)
    else expect(reason).toMatch(expected)
  })

  it('is counted in decompressed bytes where there is compression', () => {
    const batch = forged(batchOf([record, record], 'gzip'), (bytes) => writeInt32(bytes, 57, 1))
    expect(fault(batch)).toMatch(/bytes follow the last record, counted in the gzip-decompressed records/)
  })

  it('whose timestamp passes 2^53 with that of its batch is refused', () => {
    const late = forged(batchOf([record, { ...record, timestamp: 1001 }]), (bytes) =>
      writeInt64(bytes, 27, Number.MAX_SAFE_INTEGER),
    )
    expect(fault(late)).toMatch(/record 1 of 2 has a timestamp beyond 2\^53/)
  })

  it('is refused at each call, and the records before it stay read', () => {
    const second = batchOf([record, record]).length - 9
    const opened = openBatch(
      forged(batchOf([record, record]), (bytes) => {
        bytes[second + 4] = 0x7e
      }),
    )
    if (E.isLeft(opened)) throw new Error(opened.left.reason)
    const cursor = opened.right
    expect(cursor.next()).toBe(true)
    const refusals = [0, 1].map(() => orCorrupt(() => cursor.next()))
    expect(refusals[0]).toMatchObject({
      left: { reason: expect.stringMatching(/record 1 of 2 has a key of 63 bytes/) },
    })
    expect(refusals[1]).toEqual(refusals[0])
    expect([cursor.offset, cursor.keyBytes]).toEqual([0, 1])
  })
})

describe('whatever the bytes, reading answers a batch or a CorruptBatch', () => {
  it('for a count that lies', () =>
    fc.assert(
      fc.property(arbitraryRecords, arbitraryCompression, fc.integer(), (records, compression, count) => {
        fc.pre(count !== records.length)
        const batch = forged(batchOf(records, compression), (bytes) => writeInt32(bytes, 57, count))
        expect(fault(batch)).toMatch(/records? (do not fit|of)|bytes follow|record \d+ of/)
      }),
    ))

  it('for records that are random bytes', () =>
    fc.assert(
      fc.property(arbitraryRecords, fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 4 }), (records, noise, codec) => {
        const batch = forged(withRecords(batchOf(records), noise), (bytes) => {
          bytes[22] = codec
        })
        fault(batch)
      }),
      { numRuns: 500 },
    ))

  it('for records with a bit flipped anywhere, in every compression', () =>
    fc.assert(
      fc.property(arbitraryRecords, arbitraryCompression, fc.nat(), (records, compression, seed) => {
        const batch = batchOf(records, compression)
        for (let at = 21; at < batch.length; at++)
          fault(
            forged(batch, (bytes) => {
              bytes[at] = (bytes[at] as number) ^ (1 << ((seed + at) & 7))
            }),
          )
      }),
      { numRuns: 25 },
    ))

  it('for records cut at any length, which is never a whole batch', () =>
    fc.assert(
      fc.property(arbitraryRecords, arbitraryCompression, (records, compression) => {
        const batch = batchOf(records, compression)
        for (let length = 61; length < batch.length; length++)
          expect(fault(withRecords(batch, batch.subarray(61, length)))).not.toBe(undefined)
      }),
      { numRuns: 25 },
    ))
})
