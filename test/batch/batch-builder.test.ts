import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { noHeaders } from '../../src/batch/record-headers.ts'
import { arbitraryCompression, arbitraryRecords, batchOf, recordsOf, utf8 } from '../support/raw-batches.ts'

describe('BatchBuilder', () => {
  it('writes what is read back, in the order in which it was added, in every compression', () =>
    fc.assert(
      fc.property(arbitraryRecords, arbitraryCompression, (records, compression) => {
        const expected = records.map((record, offset) => ({ ...record, offset }))
        expect(recordsOf(batchOf(records, compression))).toEqual(expected)
      }),
    ))

  it('knows its size without compression to the byte, and how many there are', () =>
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        const builder = new BatchBuilder({ compression: 'none' })
        for (const { key, value, headers, timestamp } of records) builder.add(key, value, headers, timestamp)
        const { sizeBytes, count } = builder
        expect([sizeBytes, count]).toEqual([builder.build().length, records.length])
      }),
    ))

  it('is empty after build, and what it built stays as it is', () =>
    fc.assert(
      fc.property(arbitraryRecords, arbitraryRecords, (first, second) => {
        const builder = new BatchBuilder({ compression: 'none' })
        const batches = [first, second].map((records) => {
          for (const { key, value, headers, timestamp } of records) builder.add(key, value, headers, timestamp)
          const batch = builder.build()
          expect([builder.count, builder.sizeBytes]).toEqual([0, 61])
          return batch
        })
        expect(batches).toEqual([batchOf(first), batchOf(second)])
      }),
    ))

  it('keeps apart what builders that are filled at the same time get', () =>
    fc.assert(
      fc.property(fc.array(arbitraryRecords, { minLength: 1, maxLength: 4 }), (all) => {
        const builders = all.map(() => new BatchBuilder({ compression: 'none' }))
        for (let i = 0; i < 12; i++)
          for (const [b, records] of all.entries()) {
            const record = records[i]
            if (record !== undefined) builders[b]?.add(record.key, record.value, record.headers, record.timestamp)
          }
        expect(builders.map((builder) => builder.build())).toEqual(all.map((records) => batchOf(records)))
      }),
    ))

  it('is, after records were taken back, as if they had never been there, and copies what it builds', () =>
    fc.assert(
      fc.property(
        arbitraryRecords,
        arbitraryRecords,
        fc.option(fc.nat(100), { nil: undefined }),
        (kept, more, first) => {
          const firstBytes = first === undefined ? {} : { firstBytes: first }
          const builder = new BatchBuilder({ compression: 'none', ...firstBytes })
          for (const { key, value, headers, timestamp } of kept) builder.add(key, value, headers, timestamp)
          const sizes = more.map(({ key, value, headers, timestamp }) => {
            const { sizeBytes } = builder
            builder.add(key, value, headers, timestamp)
            return sizeBytes
          })
          for (const sizeBytes of sizes.toReversed()) builder.takeBack(sizeBytes)
          expect([builder.copy(), builder.build()]).toEqual([batchOf(kept), batchOf(kept)])
          for (const { key, value, headers, timestamp } of more) builder.add(key, value, headers, timestamp)
          expect(builder.build()).toEqual(batchOf(more))
        },
      ),
    ))

  it('refuses the record that would pass maxBytes, and is as it was', () =>
    fc.assert(
      fc.property(arbitraryRecords, fc.integer({ min: 61, max: 200 }), (records, maxBytes) => {
        const builder = new BatchBuilder({ compression: 'none', maxBytes })
        const fitting = records.filter(({ key, value, headers, timestamp }) =>
          builder.add(key, value, headers, timestamp),
        )
        expect(builder.sizeBytes).toBeLessThanOrEqual(maxBytes)
        if (fitting.length > 0) expect(builder.build()).toEqual(batchOf(fitting))
      }),
    ))

  it('takes values larger than any buffer that it had', () => {
    const value = new Uint8Array(3_000_000).fill(7)
    const record = { key: utf8('k'), value, headers: noHeaders, timestamp: 5 }
    const read = recordsOf(batchOf([record, record])).map((r) => Buffer.compare(r.value ?? new Uint8Array(0), value))
    expect(read).toEqual([0, 0])
  })

  it.each([Number.NaN, 0.5, -2, 2 ** 53, Number.POSITIVE_INFINITY])('refuses the timestamp %d by name', (timestamp) => {
    const builder = new BatchBuilder({ compression: 'none' })
    expect(() => builder.add(null, null, noHeaders, timestamp)).toThrow(
      new RangeError(`The timestamp ${timestamp} is no whole number of milliseconds from -1 (none) to 2^53.`),
    )
    expect(builder.count).toBe(0)
  })

  it('is full for a timestamp that is further from the first than a batch can say', () => {
    const builder = new BatchBuilder({ compression: 'none' })
    builder.add(null, null, noHeaders, -1)
    expect(builder.add(null, null, noHeaders, Number.MAX_SAFE_INTEGER)).toBe(false)
    expect(recordsOf(builder.build()).map(({ timestamp }) => timestamp)).toEqual([-1])
    builder.addFirst(null, null, noHeaders, Number.MAX_SAFE_INTEGER)
  })

  it('builds nothing out of nothing', () => {
    expect(() => new BatchBuilder({ compression: 'none' }).build()).toThrow(/at least one record/)
  })
})
