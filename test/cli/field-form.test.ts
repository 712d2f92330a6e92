import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FieldError, fieldForm } from '../../src/cli/field-form.ts'
import { type FieldFormat, fieldFormats } from '../../src/cli/field-formats.ts'

const bytesOf: Readonly<Record<FieldFormat, fc.Arbitrary<Uint8Array>>> = {
  text: fc.string().map((text) => new TextEncoder().encode(text)),
  json: fc.jsonValue().map((value) => new TextEncoder().encode(JSON.stringify(value))),
  int32: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  int64: fc.maxSafeInteger().map((value) => fieldForm('int64', 'value').fromText(String(value))),
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

describe('a key of JSON', () => {
  it('has one spelling', () => {
    const { fromText, fromJson } = fieldForm('json', 'key')
    expect(String(fromText('{"b": 1, "a": [ ]}'))).toBe(String(fromJson({ a: [], b: 1 })))
  })
})
