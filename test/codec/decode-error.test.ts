import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cut,
  maxReportLines,
  maxShownCharacters,
  shown,
  thrownMessage,
  undecodable,
} from '../../src/codec/decode-error.ts'

describe('undecodable', () => {
  it('bounds its report, and says how much it left out', () => {
    const lines = Array.from({ length: 1_000 }, (_, at) => `line ${at}`)
    const read = undecodable('c', lines)
    expect(read).toMatchObject({ left: { report: { length: maxReportLines } } })
    expect(read).toMatchObject({ left: { report: expect.arrayContaining(['line 0', 'line 18', 'and 981 more']) } })
  })
})

describe('shown', () => {
  it('is short and on one line, whatever the value', () =>
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }), (value) => {
        expect(shown(value).length).toBeLessThanOrEqual(maxShownCharacters)
        expect(shown(value)).not.toMatch(/\n/)
        expect(thrownMessage(value)).not.toBe('')
      }),
    ))

  it.each([
    [16, '16'],
    ['16', '"16"'],
    [16n, '16n'],
    [Promise.resolve(), 'a promise (await it, or use mapAsync)'],
    [new Map([[1, 2]]), 'a Map of 1'],
    [new Date(0), 'a Date'],
    [[1, 2], 'an array of 2'],
    [Number, 'the function Number'],
    [() => 1, 'a function'],
  ])('tells kinds apart: %s', (value, text) => expect(shown(value)).toBe(text))
})

describe('cut', () => {
  it('is a beginning within the limit, and well-formed where the text was', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, limit) => {
        const short = cut(text, limit)
        expect(short.length).toBeLessThanOrEqual(limit)
        expect(short.isWellFormed()).toBe(true)
        if (short !== text) expect(text.startsWith(short.slice(0, -1)) && short.endsWith('…')).toBe(true)
      }),
    ))
})
