import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { writeInt16, writeInt32, writeInt64 } from '../../src/batch/big-endian.ts'
import { endMarker, readControl } from '../../src/batch/control-batch.ts'
import { crc32c } from '../../src/batch/crc32c.ts'
import { readRecords } from '../../src/batch/read-records.ts'
import {
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  batchSizeOf,
  checkBatch,
  checkHeader,
  countOf,
  crcOf,
  isAppendTime,
  isControl,
  isTransactional,
  lastOffsetDeltaOf,
  lastOffsetOf,
  leaderEpochOf,
  magicOf,
  maxTimestampOf,
  place,
  producerEpochOf,
  producerIdOf,
  readHeader,
  seal,
  stampAppendTime,
} from '../../src/batch/record-batch.ts'
import {
  arbitraryCompression,
  arbitraryRecords,
  batchOf,
  forged,
  fromHex,
  recordsOf,
  toHex,
  utf8,
} from '../support/raw-batches.ts'

const dataBatch =
  '0000000000000000000000450000000302cc9ffbc700000000000100000000000003e800000000000003ed00000000000000070001000000000000000210000000026b02760014000a0201010202680278'
const commitMarker =
  '000000000000000200000042000000030294fd966300300000000000000000000003f200000000000003f200000000000000070001ffffffff000000012000000008000000010c00000000000500'

describe('RecordBatch v2, byte for byte', () => {
  it('writes what other encoders of the format write', () => {
    const builder = new BatchBuilder({ compression: 'none' })
    builder.add(utf8('k'), utf8('v'), new Map(), 1000)
    builder.add(null, null, new Map([['h', utf8('x')]]), 1005)
    const batch = builder.build()
    seal(batch, { producerId: 7, producerEpoch: 1, baseSequence: 0, transactional: false })
    place(batch, 0, 3)
    expect(toHex(batch)).toBe(dataBatch)
  })

  it('reads it back', () => {
    const seen: unknown[] = []
    const read = readRecords(fromHex(dataBatch), (r) => {
      seen.push([r.offset, r.timestamp, r.key, r.value, [...r.headers]])
    })
    expect(E.isRight(read)).toBe(true)
    expect(seen).toEqual([
      [0, 1000, utf8('k'), utf8('v'), []],
      [1, 1005, null, null, [['h', utf8('x')]]],
    ])
    expect(checkBatch(fromHex(dataBatch))).toEqual(
      E.right({
        baseOffset: 0,
        sizeBytes: 81,
        leaderEpoch: 3,
        compression: 'none',
        timestampType: 'CreateTime',
        transactional: false,
        control: false,
        deleteHorizon: false,
        lastOffsetDelta: 1,
        baseTimestamp: 1000,
        maxTimestamp: 1005,
        producerId: 7,
        producerEpoch: 1,
        baseSequence: 0,
        count: 2,
      }),
    )
  })

  it('writes and reads the marker that commits', () => {
    const marker = endMarker({ commit: true, producerId: 7, producerEpoch: 1, coordinatorEpoch: 5, timestamp: 1010 })
    place(marker, 2, 3)
    expect(toHex(marker)).toBe(commitMarker)
    expect(readControl(fromHex(commitMarker))).toEqual(E.right('commit'))
  })
})

const identity = fc.record({
  producerId: fc.maxSafeNat(),
  producerEpoch: fc.integer({ min: 0, max: 32_767 }),
  baseSequence: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  transactional: fc.boolean(),
})
const placement = fc.record({ baseOffset: fc.nat({ max: 2 ** 52 }), leaderEpoch: fc.integer({ min: -1 }) })

describe('what is written in place', () => {
  it('is what the batch says afterwards; its records and its CRC stay sound', () =>
    fc.assert(
      fc.property(arbitraryRecords, arbitraryCompression, identity, placement, (records, compression, who, where) => {
        const batch = batchOf(records, compression)
        const before = recordsOf(batch)
        seal(batch, who)
        place(batch, where.baseOffset, where.leaderEpoch)
        expect(crcOf(batch)).toBe(crc32c(batch, 21))
        expect(checkBatch(batch)).toMatchObject({ right: { ...who, ...where, count: records.length, compression } })
        expect(recordsOf(batch)).toEqual(before.map((r) => ({ ...r, offset: r.offset + where.baseOffset })))
      }),
    ))

  it('may be written again: the last identity and time hold', () =>
    fc.assert(
      fc.property(arbitraryRecords, identity, identity, fc.maxSafeNat(), (records, first, last, timestamp) => {
        const batch = batchOf(records)
        seal(batch, first)
        stampAppendTime(batch, 1)
        seal(batch, last)
        stampAppendTime(batch, timestamp)
        const timestampType = 'LogAppendTime'
        expect(checkBatch(batch)).toMatchObject({ right: { ...last, timestampType, maxTimestamp: timestamp } })
      }),
    ))

  it('does not vouch for a batch that was damaged before', () =>
    fc.assert(
      fc.property(arbitraryRecords, identity, fc.boolean(), fc.nat(), (records, who, stamped, seed) => {
        const batch = batchOf(records)
        flip(batch, 61 + (seed % (batch.length - 61)), seed)
        if (stamped) stampAppendTime(batch, 5)
        else seal(batch, who)
        expect(E.isLeft(checkBatch(batch))).toBe(true)
      }),
    ))
})

const flip = (bytes: Uint8Array, at: number, bit: number): void => {
  bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7))
}

describe('single fields', () => {
  it('are those of the whole header, wherever the batch lies', () =>
    fc.assert(
      fc.property(arbitraryRecords, identity, placement, fc.nat({ max: 9 }), (records, who, where, at) => {
        const batch = batchOf(records)
        seal(batch, who)
        place(batch, where.baseOffset, where.leaderEpoch)
        const bytes = Buffer.concat([new Uint8Array(at), batch])
        const header = readHeader(bytes, at)
        expect({
          baseOffset: baseOffsetOf(bytes, at),
          sizeBytes: batchSizeOf(bytes, at),
          leaderEpoch: leaderEpochOf(bytes, at),
          compression: 'none',
          timestampType: isAppendTime(bytes, at) ? 'LogAppendTime' : 'CreateTime',
          transactional: isTransactional(bytes, at),
          control: isControl(bytes, at),
          deleteHorizon: false,
          lastOffsetDelta: lastOffsetDeltaOf(bytes, at),
          baseTimestamp: baseTimestampOf(bytes, at),
          maxTimestamp: maxTimestampOf(bytes, at),
          producerId: producerIdOf(bytes, at),
          producerEpoch: producerEpochOf(bytes, at),
          baseSequence: baseSequenceOf(bytes, at),
          count: countOf(bytes, at),
        }).toEqual(header)
        expect([magicOf(bytes, at), lastOffsetOf(bytes, at)]).toEqual([2, where.baseOffset + records.length - 1])
        expect(checkBatch(bytes, at)).toEqual(E.right(header))
      }),
    ))
})

describe('checkBatch', () => {
  it('refuses a batch with any bit flipped that the CRC covers, and one that is cut anywhere', () =>
    fc.assert(
      fc.property(arbitraryRecords, arbitraryCompression, fc.nat(), (records, compression, seed) => {
        const batch = batchOf(records, compression)
        for (let at = 0; at < batch.length; at++) {
          const cut = checkBatch(batch.subarray(0, at))
          const flipped = Uint8Array.from(batch)
          flip(flipped, at, seed + at)
          // The offset and the leader's epoch are outside of the CRC: what is left of them may be sound.
          const outside = at < 8 || (at >= 12 && at < 16)
          expect([E.isLeft(cut), E.isLeft(checkBatch(flipped)) || outside]).toEqual([true, true])
        }
      }),
      { numRuns: 30 },
    ))

  it('names what is wrong and where, whatever the CRC says', () => {
    const batch = batchOf([{ key: null, value: utf8('v'), headers: new Map(), timestamp: 5 }])
    const cases: readonly (readonly [number, RegExp, (bytes: Uint8Array) => void])[] = [
      [0, /offsets from -1 on are not between/, (b) => writeInt64(b, 0, -1)],
      [0, /offsets from 9007199254740992 on/, (b) => writeInt32(b, 0, 0x200000)],
      [8, /claims 60 bytes, and there are 69/, (b) => writeInt32(b, 8, 48)],
      [8, /claims 70 bytes, and there are 69/, (b) => writeInt32(b, 8, 58)],
      [8, /claims -2147483636 bytes/, (b) => writeInt32(b, 8, -(2 ** 31))],
      [8, /claims 2147483659 bytes/, (b) => writeInt32(b, 8, 2 ** 31 - 1)],
      [16, /magic 1 is not 2/, (b) => void (b[16] = 1)],
      [22, /compression 5 is unknown/, (b) => void (b[22] = 5)],
      [22, /compression 7 is unknown/, (b) => void (b[22] = 7)],
      [23, /last offset delta -1 is negative/, (b) => writeInt32(b, 23, -1)],
      [27, /base timestamp .* is beyond 2\^53/, (b) => writeInt32(b, 27, 2 ** 31 - 1)],
      [35, /largest timestamp .* is beyond 2\^53/, (b) => writeInt32(b, 35, -(2 ** 31))],
      [43, /producer id -2 is not/, (b) => writeInt64(b, 43, -2)],
      [43, /producer id 9007\d+ is not/, (b) => writeInt32(b, 43, 0x200000)],
      [51, /producer epoch -2 is below -1/, (b) => writeInt16(b, 51, -2)],
      [53, /base sequence -2 is below -1/, (b) => writeInt32(b, 53, -2)],
      [57, /-1 records do not fit 1 offsets/, (b) => writeInt32(b, 57, -1)],
      [57, /2 records do not fit 1 offsets/, (b) => writeInt32(b, 57, 2)],
      [57, /2 records do not fit 8 bytes/, (b) => (writeInt32(b, 23, 1), writeInt32(b, 57, 2))],
    ]
    for (const [position, reason, change] of cases) {
      const left = { position, reason: expect.stringMatching(reason) }
      expect(checkBatch(forged(batch, change))).toMatchObject({ _tag: 'Left', left })
      expect(checkHeader(forged(batch, change))).toMatchObject({ _tag: 'Left', left })
    }
  })

  it('whatever the bytes, answers', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 0, max: 100 }), (noise, at) => {
        expect(E.isLeft(checkBatch(noise, at))).toBe(true)
      }),
      { numRuns: 300 },
    ))
})
