import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { writeInt16 } from '../../src/batch/big-endian.ts'
import { endMarker, endMarkerBytes, readControl, readControlRecord } from '../../src/batch/control-batch.ts'
import { baseOffsetOf, checkBatch, isControl, isTransactional, place } from '../../src/batch/record-batch.ts'
import { arbitraryRecords, batchOf, forged, fromHex, withRecords } from '../support/raw-batches.ts'

const marker = fc.record({
  commit: fc.boolean(),
  producerId: fc.maxSafeNat(),
  producerEpoch: fc.integer({ min: 0, max: 32_767 }),
  coordinatorEpoch: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  timestamp: fc.maxSafeNat(),
})
const commit = endMarker({ commit: true, producerId: 7, producerEpoch: 1, coordinatorEpoch: 5, timestamp: 1010 })

describe('an end marker', () => {
  it('is the same for every partition that a transaction ends in, and belongs to it alone', () => {
    const marker = { commit: true, producerId: 7, producerEpoch: 1, coordinatorEpoch: 5, timestamp: 1010 }
    const first = endMarker(marker)
    place(first, 12, 0)
    expect([first, endMarker({ ...marker })].map((batch) => baseOffsetOf(batch))).toEqual([12, 0])
    expect(endMarker({ ...marker })).toEqual(commit)
    for (const other of [{ commit: false }, { coordinatorEpoch: 6 }, { timestamp: 1011 }, { producerEpoch: 2 }])
      expect([endMarker(marker), endMarker({ ...marker, ...other })]).not.toEqual([commit, commit])
  })

  it('is a whole batch of 78 bytes that says what it was made of', () =>
    fc.assert(
      fc.property(marker, (made) => {
        const batch = endMarker(made)
        expect([batch.length, isControl(batch), isTransactional(batch)]).toEqual([endMarkerBytes, true, true])
        expect(readControlRecord(batch)).toEqual(
          E.right({ type: made.commit ? 'commit' : 'abort', coordinatorEpoch: made.coordinatorEpoch }),
        )
        const { producerId, producerEpoch, timestamp } = made
        expect(checkBatch(batch)).toMatchObject({
          right: { producerId, producerEpoch, maxTimestamp: timestamp, baseSequence: -1, count: 1, lastOffsetDelta: 0 },
        })
      }),
    ))

  it('is read where it lies', () => {
    expect(readControl(Buffer.concat([new Uint8Array(5), commit, new Uint8Array(3)]), 5)).toEqual(E.right('commit'))
  })
})

describe('a control batch', () => {
  it.each([-1, 2, 3, 6, 32_767])('of type %i means nothing here', (type) => {
    expect(readControl(forged(commit, (bytes) => writeInt16(bytes, 68, type)))).toEqual(E.right('other'))
  })

  it.each([
    ['without a key', '0e00000001 02 76 00'],
    ['with a key that is too short', '1c00000004 0000 0c 000000000005 00'],
    ['that commits without a value', '1400000008 00000001 01 00'],
    ['with a value that is too short', '1800000008 00000001 04 0000 00'],
  ])('%s is corrupt', (_what, hex) => {
    const batch = withRecords(commit, fromHex(hex.replaceAll(' ', '')))
    expect(readControl(batch)).toMatchObject({
      _tag: 'Left',
      left: { reason: expect.stringMatching(/^a control batch has a key/) },
    })
  })

  it('is none where a batch has records for users', () =>
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        expect(readControl(batchOf(records))).toMatchObject({ left: { reason: 'this is no control batch' } })
      }),
    ))

  it('whatever the bytes, is read or is a CorruptBatch', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        readControl(withRecords(commit, noise))
      }),
      { numRuns: 300 },
    ))
})
