import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FieldError, fieldForm } from '../../src/cli/field-form.ts'
import { type FieldFormat, fieldFormats } from '../../src/cli/field-formats.ts'
import { float64 } from '../../src/codec/numbers.ts'

const bytesOf: Readonly<Record<FieldFormat, fc.Arbitrary<Uint8Array>>> = {
  text: fc.string().map((text) => new TextEncoder().encode(text)),
  json: fc.jsonValue().map((value) => new TextEncoder().encode(JSON.stringify(value))),
  int32: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  int64: fc.maxSafeInteger().map((value) => fieldForm('int64', 'value').fromText(String(value))),
  float64: fc.double().map((value) => float64.encode(value) as Uint8Array),
  hex: fc.uint8Array(),
  base64: fc.uint8Array(),
}

describe.each(fieldFormats)('the format %s', (format) => {
  const form = fieldForm(format, 'value')

  it('reads back what it has written, as text and as JSON', () => {
    fc.assert(
      fc.property(bytesOf[format], (bytes) => {
        const json: unknown = JSON.parse(JSON.stringify(form.toJson(bytes)))
        expect(Buffer.from(form.fromText(form.toText(bytes)))).toEqual(Buffer.from(bytes))
        expect(Buffer.from(form.fromJson(json))).toEqual(Buffer.from(bytes))
      }),
    )
  })

  it('refuses by a message what is none, and throws nothing else', () => {
    const attempt = (work: () => unknown): void => {
      try {
        work()
      } catch (error) {
        expect(error).toBeInstanceOf(FieldError)
      }
    }
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), fc.jsonValue(), (bytes, text, json) => {
        attempt(() => form.toText(bytes))
        attempt(() => form.toJson(bytes))
        attempt(() => form.fromText(text))
        attempt(() => form.fromJson(json))
      }),
    )
  })
})

describe('bytes that are no UTF-8', () => {
  it.each(['hex', 'base64'] as const)('are shown as %s, and come back from JSON', (binary) => {
    const form = fieldForm('text', 'value', binary)
    const bytes = Uint8Array.of(0xff, 0, 1)
    expect(form.toText(bytes)).toMatch(new RegExp(`^${binary}:`))
    expect([...form.fromJson(form.toJson(bytes))]).toEqual([...bytes])
  })
})

describe('a number', () => {
  const refusal = (work: () => unknown): string => {
    try {
      work()
      return 'taken'
    } catch (error) {
      return (error as Error).message
    }
  }

  it.each([
    ['int32', '2147483648', '"2147483648" is no int32: give a whole number from -2^31 to 2^31 - 1'],
    ['int64', '9007199254740993', '"9007199254740993" is no int64: give a whole number from -(2^53 - 1) to 2^53 - 1'],
    ['int64', '1.5', '"1.5" is no int64: give a whole number from -(2^53 - 1) to 2^53 - 1'],
    ['float64', 'infinity', '"infinity" is no float64: give a number, NaN, Infinity or -Infinity'],
    ['float64', '1e999', '"1e999" is no float64: give a number, NaN, Infinity or -Infinity'],
    ['float64', '', '"" is no float64: give a number, NaN, Infinity or -Infinity'],
  ] as const)('of %s that is none is shown as it was typed: %s', (format, typed, says) => {
    expect(refusal(() => fieldForm(format, 'value').fromText(typed))).toBe(says)
  })

  it('past what JSON can hold is not shown as the one that it became', () => {
    const { fromJson } = fieldForm('int64', 'value')
    expect(refusal(() => fromJson(JSON.parse('9007199254740993')))).toMatch(/^a number past 2\^53 - 1 is no int64/)
  })

  it('of float64 may be any, in JSON too', () => {
    const { fromText, toText, toJson } = fieldForm('float64', 'value')
    for (const text of ['0', '-0', '-1.5', '0.1', '1e+300', 'NaN', '-Infinity'])
      expect(toText(fromText(text))).toBe(text)
    expect(['-1.5e3', '-0', 'NaN'].map((text) => toJson(fromText(text)))).toEqual([-1500, '-0', 'NaN'])
  })
})

describe('text that is none', () => {
  it.each([
    ['key', '1 is no text: give a string, or say --key-format json'],
    ['value', '1 is no text: give a string, or say --value-format json'],
    ['header', '1 is no text: give a string'],
  ] as const)('says what a %s may be', (part, says) => {
    expect(() => fieldForm('text', part).fromJson(1)).toThrow(new FieldError(says))
  })
})

describe('a key of JSON', () => {
  it('has one spelling', () => {
    const { fromText, fromJson } = fieldForm('json', 'key')
    expect(String(fromText('{"b": 1, "a": [ ]}'))).toBe(String(fromJson({ a: [], b: 1 })))
  })
})
