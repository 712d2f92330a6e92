import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from '../../../src/protocol/broker/group-records.ts'

const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('hex')
const text = fc.string({ unit: 'grapheme', maxLength: 6 })
const int32 = fc.integer({ min: -1, max: 2 ** 31 - 1 })
const int64 = fc.maxSafeNat()
const blob = fc.uint8Array({ maxLength: 9 })

const offsetRecord = fc.record({
  _tag: fc.constant('offset' as const),
  group: text,
  topic: text,
  partition: fc.nat(2 ** 31 - 1),
  value: fc.option(fc.record({ offset: int64, leaderEpoch: int32, metadata: text, commitTimestamp: int64 })),
})
const member = fc.record({
  memberId: text,
  instanceId: fc.option(text),
  clientId: text,
  clientHost: text,
  rebalanceTimeoutMs: fc.nat(2 ** 31 - 1),
  sessionTimeoutMs: fc.nat(2 ** 31 - 1),
  subscription: blob,
  assignment: blob,
})
const generationRecord = fc.record({
  _tag: fc.constant('generation' as const),
  group: text,
  value: fc.option(
    fc.record({
      protocolType: text,
      generation: int32,
      protocol: fc.option(text),
      leader: fc.option(text),
      since: int64,
      members: fc.array(member, { maxLength: 3 }),
    }),
  ),
})
const record: fc.Arbitrary<GroupRecord> = fc.oneof(offsetRecord, generationRecord)

describe('the records of a group', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(record, (written) => {
        expect(decodeGroupRecord(encodeGroupRecord(written))).toEqual(E.right(written))
      }),
      { numRuns: 300 },
    )
  })

  it("have the bytes of Kafka's schema", () => {
    const offset = encodeGroupRecord({
      _tag: 'offset',
      group: 'g',
      topic: 'tt',
      partition: 3,
      value: { offset: 258, leaderEpoch: -1, metadata: 'm', commitTimestamp: 5 },
    })
    expect(hex(offset.key)).toBe(hex(bytes('0001 0001 67 0002 7474 00000003')))
    expect(hex(offset.value)).toBe(hex(bytes('0003 0000000000000102 ffffffff 0001 6d 0000000000000005')))
    const generation = encodeGroupRecord({
      _tag: 'generation',
      group: 'g',
      value: {
        protocolType: 'consumer',
        generation: 2,
        protocol: 'range',
        leader: null,
        since: 9,
        members: [
          {
            memberId: 'm',
            instanceId: null,
            clientId: 'c',
            clientHost: 'h',
            rebalanceTimeoutMs: 16,
            sessionTimeoutMs: 17,
            subscription: bytes('aa'),
            assignment: bytes('bbbb'),
          },
        ],
      },
    })
    expect(hex(generation.key)).toBe(hex(bytes('0002 0001 67')))
    const head = '0003 0008 636f6e73756d6572 00000002 0005 72616e6765 ffff 0000000000000009'
    const members = '00000001 0001 6d ffff 0001 63 0001 68 00000010 00000011 00000001 aa 00000002 bbbb'
    expect(hex(generation.value)).toBe(hex(bytes(head + members)))
  })

  it('are read in the versions that older and newer coordinators write', () => {
    const key = bytes('0000 0001 67 0001 74 00000001')
    const read = (value: string) => {
      const record = decodeGroupRecord({ key, value: bytes(value) })
      return E.isRight(record) ? record.right?.value : record.left
    }
    const stored = { offset: 1, leaderEpoch: -1, metadata: 'm', commitTimestamp: 2 }
    expect(read('0000 0000000000000001 0001 6d 0000000000000002')).toEqual(stored)
    expect(read('0001 0000000000000001 0001 6d 0000000000000002 0000000000000003')).toEqual(stored)
    expect(read('0002 0000000000000001 0001 6d 0000000000000002')).toEqual(stored)
    expect(read('0004 0000000000000001 00000007 02 6d 0000000000000002 00')).toEqual({ ...stored, leaderEpoch: 7 })
    expect(read('0005 0000000000000001')).toMatchObject({
      _tag: 'MalformedBytes',
      message: expect.stringContaining('version 5'),
    })
    const generation = decodeGroupRecord({
      key: bytes('0002 0001 67'),
      value: bytes('0000 0001 63 00000002 ffff ffff 00000001 0001 6d 0001 63 0001 68 00000011 00000000 00000000'),
    })
    expect(generation).toMatchObject({
      right: { value: { since: -1, members: [{ instanceId: null, rebalanceTimeoutMs: 17, sessionTimeoutMs: 17 }] } },
    })
    const flexible = decodeGroupRecord({
      key: bytes('0002 0001 67'),
      value: bytes(
        '0004 02 63 00000002 00 00 0000000000000009 02 02 6d 00 02 63 02 68 00000010 00000011 01 02 aa 01 05 01 ff 00',
      ),
    })
    expect(flexible).toMatchObject({ right: { value: { since: 9, members: [{ assignment: bytes('aa') }] } } })
  })

  it('of kinds not known are passed over', () => {
    expect(decodeGroupRecord({ key: bytes('0003 0001 67'), value: bytes('00') })).toEqual(E.right(undefined))
  })

  it('are refused when cut, and noise never throws', () => {
    fc.assert(
      fc.property(record, fc.nat(), (written, cut) => {
        const { key, value } = encodeGroupRecord(written)
        expect(E.isLeft(decodeGroupRecord({ key: key.subarray(0, cut % key.length), value }))).toBe(true)
        if (value !== null)
          expect(E.isLeft(decodeGroupRecord({ key, value: value.subarray(0, cut % value.length) }))).toBe(true)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), fc.uint8Array({ maxLength: 30 }), (key, value) => {
        expect(['Left', 'Right']).toContain(decodeGroupRecord({ key, value })._tag)
      }),
    )
  })
})
