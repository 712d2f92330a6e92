import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { readRecords } from '../../src/batch/read-records.ts'
import { checkBatch, place, seal, stampAppendTime } from '../../src/batch/record-batch.ts'
import { type RetainOptions, retainRecords } from '../../src/batch/retain-records.ts'
import {
  arbitraryCompression,
  arbitraryRecords,
  batchOf,
  fromHex,
  recordsOf,
  utf8,
  withRecords,
} from '../support/raw-batches.ts'

const retained = (batch: Uint8Array, keep: (offset: number) => boolean, options?: RetainOptions): Uint8Array => {
  const kept = retainRecords(batch, ({ offset }) => keep(offset), options)
  if (E.isLeft(kept)) throw new Error(kept.left.reason)
  return kept.right
}
const headerOf = (batch: Uint8Array) => E.getOrElseW(() => undefined)(checkBatch(batch))
const horizon = fc.option(fc.integer({ min: 0, max: 2 ** 42 }), { nil: undefined })

describe('retainRecords', () => {
  it('leaves the records that were accepted as they were, and the batch where and whose it was', () =>
    fc.assert(
      fc.property(
        arbitraryRecords,
        arbitraryCompression,
        fc.func(fc.boolean()),
        horizon,
        fc.boolean(),
        (records, compression, keep, deleteHorizon, stamped) => {
          const batch = batchOf(records, compression)
          if (stamped) stampAppendTime(batch, 99)
          seal(batch, { producerId: 7, producerEpoch: 1, baseSequence: 3, transactional: true })
          place(batch, 1000, 4)
          const left = retained(batch, keep, deleteHorizon === undefined ? {} : { deleteHorizon })
          const expected = recordsOf(batch).filter(({ offset }) => keep(offset))
          expect(recordsOf(left)).toEqual(expected)
          const before = headerOf(batch)
          expect(headerOf(left)).toEqual({
            ...before,
            sizeBytes: left.length,
            compression: expected.length === 0 ? 'none' : compression,
            deleteHorizon: deleteHorizon !== undefined,
            baseTimestamp: deleteHorizon ?? before?.baseTimestamp,
            maxTimestamp: expected.length === 0 ? before?.maxTimestamp : Math.max(...expected.map((r) => r.timestamp)),
            count: expected.length,
          })
        },
      ),
    ))

  it('that keeps everything keeps every byte', () =>
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        const batch = batchOf(records)
        expect(
          Buffer.compare(
            retained(batch, () => true),
            batch,
          ),
        ).toBe(0)
      }),
    ))

  it('may be done again, also to what has gaps and a horizon', () =>
    fc.assert(
      fc.property(arbitraryRecords, fc.func(fc.boolean()), fc.func(fc.boolean()), (records, first, second) => {
        const once = retained(batchOf(records), first, { deleteHorizon: 5 })
        const both = retained(batchOf(records), (offset) => first(offset) && second(offset))
        expect(recordsOf(retained(once, second))).toEqual(recordsOf(both))
      }),
    ))

  it('keeps header names that come twice, and null ones', () => {
    const record = { key: null, value: utf8('v'), headers: new Map(), timestamp: 5 }
    // a=1, a=null
    const bytes = withRecords(batchOf([record]), fromHex('1c0000000102760402610231026101'))
    expect(E.isRight(readRecords(bytes, () => {}))).toBe(true)
    expect(
      Buffer.compare(
        retained(bytes, () => true),
        bytes,
      ),
    ).toBe(0)
  })

  it('finds the batch where it lies, and refuses one that is corrupt', () => {
    const batch = batchOf([{ key: null, value: null, headers: new Map(), timestamp: 5 }])
    const around = Buffer.concat([new Uint8Array(4), batch, new Uint8Array(4)])
    expect(
      Buffer.compare(
        retained(around, () => true, { at: 4 }),
        batch,
      ),
    ).toBe(0)
    expect(retainRecords(around, () => true)).toMatchObject({ left: { _tag: 'CorruptBatch' } })
    expect(retainRecords(withRecords(batch, new Uint8Array(8)), () => true)).toMatchObject({ _tag: 'Left' })
  })
})
