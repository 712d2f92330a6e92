import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyHeaders, headersBytes, readHeaders, WrittenHeaders, writeHeaders } from '../../src/batch/record-headers.ts'

/** A few that are alike, so that one takes another's place where names are kept. */
const names = fc.oneof(
  fc.constantFrom('trace', 'tracf', 'arace', 'millrace.due', 'millrace.gen', ''),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
)
const lists = fc.array(
  fc.array(fc.tuple(names, fc.uint8Array({ maxLength: 60 })), { maxLength: 6 }).map((entries) => new Map(entries)),
  { maxLength: 8 },
)

const plain = (headers: ReadonlyMap<string, Uint8Array>) => [...headers].map(([name, value]) => [name, [...value]])
/** Lone surrogates are written as U+FFFD. */
const wellFormed = (headers: ReadonlyMap<string, Uint8Array>) =>
  new Map([...headers].map(([name, value]) => [name.toWellFormed(), value]))

describe('the headers of a record', () => {
  it('are read as they were written, in as many bytes as was said, whatever was read and written before', () => {
    fc.assert(
      fc.property(lists, (list) => {
        for (const headers of list) {
          const bytes = new Uint8Array(headersBytes(headers) + 7)
          const end = writeHeaders(bytes, 7, headers)
          expect(end).toBe(bytes.length)
          const countBytes = headers.size < 64 ? 1 : 2
          expect(plain(readHeaders(bytes, 7 + countBytes, headers.size))).toEqual(plain(wellFormed(headers)))
        }
      }),
    )
  })

  it('are written by one who has them in bytes as they were there', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const written = new WrittenHeaders()
        for (const headers of list) {
          const bytes = new Uint8Array(headersBytes(headers) + 7)
          const end = writeHeaders(bytes, 7, headers)
          const again = new Uint8Array(bytes.length)
          expect(headersBytes(written.are(bytes, 7, end))).toBe(end - 7)
          expect(writeHeaders(again, 7, written.are(bytes, 7, end))).toBe(end)
          expect(again.subarray(7)).toEqual(bytes.subarray(7))
        }
      }),
    )
  })

  it('are copied in bytes of their own', () => {
    fc.assert(
      fc.property(lists, (list) => {
        for (const headers of list) {
          const copy = copyHeaders(headers)
          expect(plain(copy)).toEqual(plain(headers))
          const before = plain(headers)
          for (const value of copy.values()) value.fill(1)
          if (headers.size > 0) expect(plain(headers)).toEqual(before)
        }
      }),
    )
  })
})
