import { type } from 'arktype'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { bytes } from '../../src/codec/bytes.ts'
import { type Field, keyCodec, valueCodec } from '../../src/codec/field-codec.ts'
import { json } from '../../src/codec/json.ts'
import type { StandardSchema } from '../../src/codec/schema.ts'
import { text } from '../../src/codec/text.ts'
import { textOf } from '../support/text-of.ts'

interface PositiveBrand {
  readonly Named: unique symbol
}
const Named = t.brand(t.string, (s): s is t.Branded<string, PositiveBrand> => s !== '', 'Named')

const strings: Readonly<Record<string, Field>> = {
  't.string': t.string,
  'a brand of t.string': Named,
  't.keyof': t.keyof({ a: null, key: null }),
  't.literal': t.literal('key'),
  'a union of string literals': t.union([t.literal('a'), t.literal('key')]),
  'z.string': z.string(),
  'z.enum': z.enum(['a', 'key']),
  'a branded z.string': z.string().min(1).brand('Key'),
  'v.string': v.string(),
  'v.pipe': v.pipe(v.string(), v.minLength(1)),
  'v.picklist': v.picklist(['a', 'key']),
  'v.union of literals': v.union([v.literal('a'), v.literal('key')]),
  'arktype string': type('string'),
  'arktype union': type("'a' | 'key'"),
}

describe('keyCodec', () => {
  it.each(Object.entries(strings))('writes %s as raw text', (_, schema) => {
    const codec = keyCodec(schema)
    expect(textOf(codec.encode('key'))).toBe('key')
    expect(codec.decode(new TextEncoder().encode('key'))).toEqual(E.right('key'))
  })

  it.each(Object.entries(strings).filter(([name]) => !name.endsWith('string')))('still checks %s', (_, schema) => {
    expect(E.isLeft(keyCodec(schema).decode(new Uint8Array()))).toBe(true)
  })

  const points: Readonly<Record<string, Field>> = {
    't.type': t.type({ y: t.number, x: t.number }),
    'z.object': z.object({ y: z.number(), x: z.number() }),
    'v.object': v.object({ y: v.number(), x: v.number() }),
    'arktype object': type({ y: 'number', x: 'number' }),
    'json(…)': json(t.type({ y: t.number, x: t.number })),
  }
  it.each(Object.entries(points))('writes %s as canonical JSON', (_, field) => {
    expect(textOf(keyCodec(field).encode({ y: 1, x: 2 }))).toBe('{"x":2,"y":1}')
    expect(textOf(keyCodec(field).encode({ x: 2, y: 1 }))).toBe('{"x":2,"y":1}')
  })

  it('writes as JSON what may be a string, or something else', () => {
    for (const schema of [t.union([t.string, t.number]), z.union([z.string(), z.number()]), z.string().nullable()])
      expect(textOf(keyCodec(schema).encode('1'))).toBe('"1"')
  })

  it('does not guess about a schema that does not say what it is of', () => {
    const anything: StandardSchema = {
      '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) },
    }
    expect(() => keyCodec(anything).encode('a')).toThrow('pass text for raw UTF-8, or json(schema) for JSON')
    expect(textOf(keyCodec(anything).encode(1))).toBe('1')
    expect(textOf(keyCodec(json(anything)).encode('a'))).toBe('"a"')
  })

  it('takes a codec as it is', () => {
    expect(keyCodec(text)).toBe(text)
    expect(keyCodec(bytes)).toBe(bytes)
  })

  it('writes equal keys as equal bytes', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (key) => {
        const other = Object.fromEntries(Object.entries(key).reverse())
        expect(keyCodec(t.UnknownRecord).encode(other)).toEqual(keyCodec(t.UnknownRecord).encode(key))
      }),
    ))
})

describe('valueCodec', () => {
  it.each(Object.entries(strings))('writes %s as JSON', (_, schema) => {
    expect(textOf(valueCodec(schema).encode('key'))).toBe('"key"')
  })

  it('takes a codec as it is', () => {
    expect(valueCodec(bytes)).toBe(bytes)
  })
})
