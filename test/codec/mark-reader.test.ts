import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { openBatch } from '../../src/batch/read-records.ts'
import { jobHeader } from '../../src/codec/job-headers.ts'
import { type Mark, markHeaders } from '../../src/codec/job-mark.ts'
import { MarkReader, markIn } from '../../src/codec/mark-reader.ts'

const number = fc.option(fc.oneof(fc.nat(300), fc.maxSafeNat()), { nil: undefined })
const words = fc.option(fc.string({ unit: 'grapheme', maxLength: 80 }), { nil: undefined })
const bytes = fc.uint8Array({ maxLength: 40 })
const mark: fc.Arbitrary<Mark> = fc.record({
  what: fc.constantFrom('schedule', 'cancel', 'look', 'wait'),
  dueMs: number,
  afterMs: number,
  hopMs: number,
  gen: number,
  expect: number,
  key: fc.option(bytes),
  source: fc.option(
    fc.record({
      topic: fc.string({ minLength: 1, maxLength: 20 }),
      partition: fc.nat(2_000),
      offset: fc.maxSafeNat(),
      timestamp: fc.oneof(fc.constant(-1), fc.nat()),
    }),
    { nil: undefined },
  ),
  command: words,
  series: words,
  isLate: fc.boolean(),
})
const id = fc.option(fc.uint8Array({ minLength: 1, maxLength: 40 }))
/** As often as not the key of the target is the id. */
const marked = fc
  .tuple(mark, id, fc.boolean())
  .map(([of, named, isSame]) => ({ of: isSame ? { ...of, key: named } : of, named }))

const plainBytes = (key: Uint8Array | null | undefined): readonly number[] | null => (key ? [...key] : null)

/** What was read, as it was said. */
const said = (read: MarkReader, named: Uint8Array | null): unknown => {
  const orNone = (value: number): number | undefined => (value < 0 ? undefined : value)
  const { what, source, command, series, isLate } = read
  const key = plainBytes(read.keyOf(named))
  const [dueMs, afterMs, hopMs] = [orNone(read.dueMs), orNone(read.afterMs), orNone(read.hopMs)]
  const [gen, expected] = [orNone(read.gen), orNone(read.expect)]
  return { what, dueMs, afterMs, hopMs, gen, expect: expected, key, source, command, series, isLate }
}

const meant = (of: Mark): unknown => ({ ...of, key: plainBytes(of.key) })

describe('the mark of a job', () => {
  it('says what was written, beside the headers of others', () =>
    fc.assert(
      fc.property(marked, bytes, ({ of, named }, other) => {
        const headers = markHeaders(of, named, new Map([['trace', other]]))
        expect(headers.get('trace')).toBe(other)
        const read = markIn(headers)
        expect(read && said(read, named)).toEqual(meant(of))
      }),
    ))

  it('is read where it lies in a batch, one after the other by one reader, or not at all', () =>
    fc.assert(
      fc.property(fc.array(fc.option(marked), { minLength: 1, maxLength: 5 }), (all) => {
        const builder = new BatchBuilder({ compression: 'none' })
        for (const one of all) builder.add(null, null, one === null ? new Map() : markHeaders(one.of, one.named), 0)
        const opened = openBatch(builder.build())
        if (E.isLeft(opened)) throw new Error(opened.left.reason)
        const cursor = opened.right
        const reader = new MarkReader()
        for (const one of all) {
          expect(cursor.next()).toBe(true)
          expect(reader.readFirst(cursor)).toBe(one !== null)
          if (one !== null) expect(said(reader, one.named)).toEqual(meant(one.of))
        }
      }),
    ))

  it('is not read out of another first header', () =>
    fc.assert(
      fc.property(marked, fc.constantFrom('millrace.du', 'millrace.doo', 'trace'), ({ of, named }, name) => {
        const builder = new BatchBuilder({ compression: 'none' })
        const headers = markHeaders(of, named)
        builder.add(null, null, new Map([[name, headers.get(jobHeader.do) as Uint8Array], ...headers]), 0)
        const opened = openBatch(builder.build())
        if (E.isLeft(opened)) throw new Error(opened.left.reason)
        opened.right.next()
        expect(new MarkReader().readFirst(opened.right)).toBe(false)
      }),
    ))

  it('is none where a byte is missing, or one too many', () =>
    fc.assert(
      fc.property(marked, fc.nat(), ({ of, named }, at) => {
        const whole = markHeaders(of, named).get(jobHeader.do) as Uint8Array
        const cut = whole.subarray(0, at % whole.length)
        expect(markIn(new Map([[jobHeader.do, cut]]))).toBeUndefined()
        expect(markIn(new Map([[jobHeader.do, Uint8Array.of(...whole, 0)]]))).toBeUndefined()
      }),
    ))

  it('is none, or says something, whatever the bytes', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(2_047), fc.nat(4), (rest, flags, what) => {
        for (const some of [rest, Uint8Array.of(1, what, flags, flags >> 8, ...rest)]) {
          const read = markIn(new Map([[jobHeader.do, some]]))
          if (read !== undefined) expect(said(read, null)).toBeDefined()
        }
      }),
    ))
})
