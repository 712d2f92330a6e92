import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dueAtOf,
  errorText,
  markedHeaders,
  markOf,
  maxErrorBytes,
  tokenHeaders,
  tokenOf,
  unmarkedHeaders,
} from '../../../src/protocol/retry/headers.ts'

const count = fc.integer({ min: 0, max: 2 ** 45 })
const name = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('millrace.id', 'millrace.retry', 'error', 'due'))
const own = fc
  .array(fc.tuple(name, fc.uint8Array({ maxLength: 6 })), { maxLength: 4 })
  .map((list) => new Map(list) as ReadonlyMap<string, Uint8Array>)
const mark = fc.record({
  origin: fc.record({ topic: fc.string(), partition: count, offset: count, timestamp: fc.integer({ min: -1 }) }),
  history: fc.record({
    attempts: count,
    firstFailedAtMs: fc.option(count, { nil: undefined }),
  }),
  dueAtMs: count,
  error: fc.string(),
})

describe('the headers of a record that waits', () => {
  it('give back what it was marked with, and its own headers as they were', () =>
    fc.assert(
      fc.property(own, mark, (headers, marked) => {
        const { origin, history, dueAtMs } = marked
        const written = markedHeaders(headers, marked)
        expect(markOf(written)).toEqual({ origin, history })
        expect(dueAtOf(written)).toBe(dueAtMs)
        expect(unmarkedHeaders(written)).toEqual(headers)
      }),
    ))

  it('are overwritten, and do not pile up', () =>
    fc.assert(
      fc.property(own, mark, mark, (headers, first, second) => {
        expect(markedHeaders(markedHeaders(headers, first), second)).toEqual(markedHeaders(headers, second))
      }),
    ))

  it('are none where they were not written by us', () => {
    expect(markOf(new Map())).toBeUndefined()
    expect(tokenOf(new Map())).toBeUndefined()
    const broken = new Map(markedHeaders(new Map(), fc.sample(mark, 1)[0] as never))
    broken.set('millrace.retry.offset', new TextEncoder().encode('1e3'))
    expect(markOf(broken)).toBeUndefined()
  })
})

describe('a token', () => {
  it('gives back what it is for, and when', () =>
    fc.assert(
      fc.property(fc.string(), count, count, (head, attempts, dueAtMs) => {
        const headers = tokenHeaders({ head, attempts }, dueAtMs, 'why')
        expect(tokenOf(headers)).toEqual({ head, attempts })
        expect(dueAtOf(headers)).toBe(dueAtMs)
        expect(markOf(headers)).toBeUndefined()
      }),
    ))
})

describe('the text of an error', () => {
  it('fits its bound, whatever was thrown, and is cut between characters', () =>
    fc.assert(
      fc.property(fc.anything(), fc.string({ unit: 'binary', maxLength: 4_000 }), (thrown, message) => {
        for (const error of [thrown, message, new Error(message)]) {
          const bytes = new TextEncoder().encode(errorText(error))
          expect(bytes.length).toBeLessThanOrEqual(maxErrorBytes)
        }
      }),
      { numRuns: 40 },
    ))

  it('is the stack, with the message', () => {
    expect(errorText(new RangeError('no 7'))).toMatch(/^RangeError: no 7\n\s+at /)
    expect(errorText('é'.repeat(2_000))).toBe('é'.repeat(maxErrorBytes / 2))
    expect(errorText(`a${'é'.repeat(2_000)}`)).toBe(`a${'é'.repeat(maxErrorBytes / 2 - 1)}`)
    const nothing = {
      toString: () => {
        throw new Error('no')
      },
    }
    expect(errorText(nothing)).toBe('something that cannot be printed')
  })
})
