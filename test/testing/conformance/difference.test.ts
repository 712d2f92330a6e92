import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstDifference } from '../../../src/testing/conformance/difference.ts'

const plain = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(0, 1, -0, Number.NaN, '', 'a', true, null),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('tree')),
    fc.uniqueArray(fc.nat({ max: 3 })).map((some) => new Set(some)),
  ),
})).tree

const fields = fc.constantFrom('a', 'b')

const isEqual = (got: unknown, expected: unknown, how: 'toEqual' | 'toMatchObject'): boolean => {
  try {
    if (how === 'toEqual') expect(got).toEqual(expected)
    else expect(got).toMatchObject(expected as object)
    return true
  } catch {
    return false
  }
}

describe('firstDifference', () => {
  it('is none of a value and itself, in whole or in part', () =>
    fc.assert(
      fc.property(plain, (value) => {
        expect(firstDifference(value, structuredClone(value), 'whole')).toBeUndefined()
        expect(firstDifference(value, structuredClone(value), 'part')).toBeUndefined()
      }),
    ))

  it('tells apart what toEqual does', () =>
    fc.assert(
      fc.property(plain, plain, (got, expected) => {
        expect(firstDifference(got, expected, 'whole') === undefined).toBe(isEqual(got, expected, 'toEqual'))
      }),
      { numRuns: 300 },
    ))

  it('is no more lenient about a part than toMatchObject', () =>
    fc.assert(
      fc.property(fc.dictionary(fields, plain), fc.dictionary(fields, plain), (got, expected) => {
        if (firstDifference(got, expected, 'part') === undefined)
          expect(isEqual(got, expected, 'toMatchObject')).toBe(true)
      }),
      { numRuns: 300 },
    ))

  it('of a part does not ask for fields beside it', () =>
    fc.assert(
      fc.property(fc.dictionary(fields, plain), plain, (part, more) => {
        expect(firstDifference({ nested: { ...part, more } }, { nested: part }, 'part')).toBeUndefined()
      }),
    ))

  it.each([
    [{ a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }, { b: 3 }] }, { path: 'a[1].b', got: 2, expected: 3 }],
    [[1, 2], [1], { path: '', got: [1, 2], expected: [1] }],
    [{ a: [1] }, { a: { 0: 1 } }, { path: 'a', got: [1], expected: { 0: 1 } }],
    [{ a: 1, b: 2 }, { a: 1 }, { path: 'b', got: 2, expected: undefined }],
    [undefined, { a: 1 }, { path: '', got: undefined, expected: { a: 1 } }],
  ])('of %o and %o is where they part', (got, expected, difference) => {
    expect(firstDifference(got, expected, 'whole')).toEqual(difference)
  })
})
