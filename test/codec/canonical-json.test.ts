import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/codec/canonical-json.ts'

/** `value` with the properties of every object in another order. */
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inner]) => [name, shuffled(inner)]),
  )
}

describe('canonicalJson', () => {
  it('is JSON of the same value', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    ))

  it('is the same whatever the order of properties', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value))
      }),
    ))

  it('tells different values apart', () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const same =
          JSON.stringify(shuffled(JSON.parse(canonicalJson(one)))) ===
          JSON.stringify(shuffled(JSON.parse(canonicalJson(other))))
        expect(canonicalJson(one) === canonicalJson(other)).toBe(same)
      }),
    ))

  // RFC 8785, section 3.2.3
  it('sorts by UTF-16 code units, as the RFC’s own example', () => {
    const example = {
      '€': 'Euro',
      '\r': 'CR',
      '\ufb33': 'Dalet',
      '1': 'One',
      '😀': 'Smile',
      '\u0080': 'Control',
      ö: 'O',
    }
    expect([...canonicalJson(example).matchAll(/:"(\w+)"/g)].map(([, word]) => word)).toEqual([
      'CR',
      'One',
      'Control',
      'O',
      'Euro',
      'Smile',
      'Dalet',
    ])
  })

  it('writes numbers as RFC 8785 does', () => {
    expect(canonicalJson([JSON.parse('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    )
  })

  it('leaves out what is undefined, and honours toJSON', () => {
    expect(canonicalJson({ b: undefined, a: new Date(0) })).toBe('{"a":"1970-01-01T00:00:00.000Z"}')
  })

  it.each([[Number.NaN], [Infinity], [undefined], [[undefined]], [1n], [() => 1], [Symbol('s')]])(
    'throws for what JSON has no word for: %s',
    (value) => expect(() => canonicalJson(value)).toThrow(TypeError),
  )
})
