import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { ioTsReport } from '../../src/codec/io-ts-report.ts'

const reportOf = (type: t.Type<any, any, unknown>, value: unknown): readonly string[] => {
  const read = type.decode(value)
  return E.isLeft(read) ? ioTsReport(read.left) : []
}

describe('ioTsReport', () => {
  it('names the way to what is wrong, and both sides', () => {
    const Order = t.type({ items: t.array(t.type({ price: t.number })) })
    expect(reportOf(Order, { items: [{ price: 1 }, { price: '12' }] })).toEqual([
      'items.1.price: expected number, got "12"',
    ])
    expect(reportOf(Order, {})).toEqual(['items: expected Array<{ price: number }>, got undefined'])
    expect(reportOf(t.string, 7)).toEqual(['expected string, got 7'])
  })

  it('leaves out the numbers by which unions and intersections count, and has the deepest last', () => {
    const Either = t.type({
      it: t.union([t.string, t.intersection([t.type({ a: t.number }), t.type({ b: t.number })])]),
    })
    expect(reportOf(Either, { it: { a: 1, b: 'x' } })).toEqual([
      'it: expected string, got an object',
      'it.b: expected number, got "x"',
    ])
  })

  it('has the words of a type that says them itself', () => {
    const Even = new t.Type<number>(
      'Even',
      (value): value is number => typeof value === 'number',
      (value, context) => t.failure(value, context, 'is odd'),
      (value) => value,
    )
    expect(reportOf(t.type({ n: Even }), { n: 1 })).toEqual(['n: is odd'])
  })

  it('is short, whatever the value', () =>
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const line of reportOf(t.type({ a: t.type({ b: t.string }) }), value))
          expect(line.length).toBeLessThan(200)
      }),
    ))
})
