import { type } from 'arktype'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { json } from '../../src/codec/json.ts'
import { keyFormOf } from '../../src/codec/key-form.ts'
import { type Codec, EncodeError } from '../../src/contracts/codec.ts'
import { obeysCodecLaws } from '../support/codec-laws.ts'
import { textOf } from '../support/text-of.ts'

interface Order {
  readonly id: string
  readonly cents: number
  readonly paid: boolean
  readonly items: { sku: string; count: number }[]
}
const item = { sku: t.string, count: t.number }
const viaIoTs: Codec<Order> = json(
  t.type({ id: t.string, cents: t.number, paid: t.boolean, items: t.array(t.type(item)) }),
)
const viaZod: Codec<Order> = json(
  z.object({
    id: z.string(),
    cents: z.number(),
    paid: z.boolean(),
    items: z.array(z.object({ sku: z.string(), count: z.number() })),
  }),
)
const viaValibot: Codec<Order> = json(
  v.object({
    id: v.string(),
    cents: v.number(),
    paid: v.boolean(),
    items: v.array(v.object({ sku: v.string(), count: v.number() })),
  }),
)
const viaArkType: Codec<Order> = json(
  type({ id: 'string', cents: 'number', paid: 'boolean', items: type({ sku: 'string', count: 'number' }).array() }),
)
const libraries = { 'io-ts': viaIoTs, zod: viaZod, valibot: viaValibot, arktype: viaArkType }

const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0) // JSON has no -0
const orders: fc.Arbitrary<Order> = fc.record({
  id: fc.string({ unit: 'binary' }),
  cents: finite,
  paid: fc.boolean(),
  items: fc.array(fc.record({ sku: fc.string(), count: finite }), { maxLength: 3 }),
})
const order: Order = { id: 'o1', cents: 7, paid: true, items: [] }
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const reportOf = <A>(codec: Codec<A>, value: unknown): readonly string[] => {
  const read = codec.decode(bytesOf(value))
  return E.isLeft(read) ? read.left.report : []
}

describe.each(Object.entries(libraries))('json of %s', (_, codec) => {
  obeysCodecLaws({
    codec,
    values: orders,
    strangers: fc.constantFrom<unknown>(
      undefined,
      { ...order, cents: Number.NaN },
      { ...order, cents: Number.POSITIVE_INFINITY },
      { ...order, items: [undefined] },
      { ...order, cents: 1n },
    ),
    nullable: false,
  })

  it('is JSON.stringify', () =>
    fc.assert(
      fc.property(orders, (value) => {
        expect(textOf(codec.encode(value))).toBe(JSON.stringify(value))
      }),
    ))

  it('says where a value is not what it should be', () => {
    const report = reportOf(codec, { ...order, items: [{ sku: 's', count: 'two' }] })
    expect(report.length).toBe(1)
    expect(report[0]).toMatch(/items.*0.*count/)
  })

  it('refuses what is no JSON, and what is no UTF-8', () => {
    expect(codec.decode(new TextEncoder().encode('{"a":'))).toMatchObject({ left: { report: [/^not JSON: /] } })
    expect(codec.decode(new Uint8Array([0x22, 0xff, 0x22]))).toMatchObject({
      left: { report: ['these 3 bytes are not UTF-8'] },
    })
  })
})

describe('json', () => {
  it('reads absent bytes as null and writes null as none; the schema says whether it may be', () => {
    const either = json(t.union([t.string, t.null]))
    expect(either.decode(null)).toEqual(E.right(null))
    expect(either.encode(null)).toBe(null)
    expect(either.decode(bytesOf(null))).toEqual(E.right(null))
    expect(json(z.string().nullable()).decode(null)).toEqual(E.right(null))
    expect(json(t.string).decode(null)).toMatchObject({ left: { report: ['expected string, got null'] } })
  })

  it('writes an io-ts type that transforms by its own encode', () => {
    const at = json(t.type({ at: DateFromISOString }))
    const value = { at: new Date(1e12) }
    expect(textOf(at.encode(value))).toBe('{"at":"2001-09-09T01:46:40.000Z"}')
    expect(at.decode(at.encode(value))).toEqual(E.right(value))
  })

  it('keeps a null that stands where null may stand', () => {
    const holes = json(t.type({ list: t.array(t.union([t.number, t.null])) }))
    expect(textOf(holes.encode({ list: [null, 1] }))).toBe('{"list":[null,1]}')
  })

  it('says where a number is that JSON has no word for', () => {
    expect(() => json(t.type({ list: t.array(t.number) })).encode({ list: [1, Number.NaN] })).toThrow(
      'json({ list: Array<number> }) cannot write an object: TypeError: JSON has no word for NaN (at list.1)',
    )
  })

  it.each([
    ['a promise', t.unknown, { list: [Promise.resolve(1)] }, 'a promise (await it, or use mapAsync) (at list.0)'],
    [
      'a promise',
      t.type({ n: t.number }),
      { n: Promise.resolve(1) },
      'n: expected number, got a promise (await it, or',
    ],
    ['a promise', z.object({ n: z.number() }), { n: Promise.resolve(1) }, 'n is a promise (await it, or use mapAsync)'],
    ['a promise', z.object({ n: z.any() }), { n: Promise.resolve(1) }, 'a promise (await it, or'],
    [
      'a Map',
      t.unknown,
      { by: new Map([[1, 2]]) },
      'JSON keeps nothing of a Map of 1, make an object or an array of it',
    ],
    ['a Set', t.unknown, { all: new Set() }, 'JSON keeps nothing of a Set of 0'],
    ['JSON', t.type({ n: t.number }), '{"n":1}', 'json makes the text itself: hand over the value, and not its JSON'],
    ['bytes', t.type({ n: t.number }), Buffer.from('{"n":1}'), 'hand over the value, and not its JSON'],
  ])('refuses %s, which would be lost or written twice', (_what, schema, value, says) => {
    const spellings = [json(schema as t.Mixed), keyFormOf(json(schema as t.Mixed))]
    for (const codec of spellings) expect(() => codec.encode(value)).toThrow(EncodeError)
    expect(() => spellings[0]?.encode(value)).toThrow(says)
  })

  it('writes a Map that knows its JSON', () => {
    class Plain extends Map<string, number> {
      toJSON(): object {
        return Object.fromEntries(this)
      }
    }
    expect(textOf(json(t.unknown).encode({ by: new Plain([['a', 1]]), none: {} }))).toBe('{"by":{"a":1},"none":{}}')
  })

  it('refuses a value that is in itself', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(() => json(t.UnknownRecord).encode(cycle)).toThrow('cannot write an object: TypeError: Converting circular')
  })

  it('writes what schemas add on the way in, and so reads it back', () => {
    const withDefault = json(z.object({ tries: z.number().default(0) }))
    expect(withDefault.decode(bytesOf({}))).toEqual(E.right({ tries: 0 }))
  })

  it('makes a report of a schema that throws', () => {
    const throwing = json(
      v.custom<string>(() => {
        throw new Error('broken check')
      }),
    )
    expect(reportOf(throwing, 'x')).toEqual(['valibot schema failed: Error: broken check'])
  })

  it('asks no schema about values that it made up', () => {
    const lines = json(z.any().refine((lines: { readonly length: number }) => lines.length > 0))
    expect(lines.decode(bytesOf(['one']))).toEqual(E.right(['one']))
  })

  it('refuses an asynchronous validator that says so as soon as it is given', () => {
    expect(() => json(v.objectAsync({ id: v.string() }) as never)).toThrow(
      'this valibot schema is asynchronous, and a codec cannot wait: check with mapAsync or attempt in the pipeline',
    )
  })

  it('refuses any other at its first value', () => {
    expect(reportOf(json(z.string().refine(async () => false)), 'x')).toEqual([
      'this zod schema answered a promise (it is asynchronous, or its check throws), and a codec cannot wait: ' +
        'check with mapAsync or attempt in the pipeline instead',
    ])
  })

  it.each([[undefined], [null], [{}], ['string'], [() => true]])('refuses %s, which is no schema', (schema) => {
    expect(() => json(schema as never)).toThrow('is no schema: pass an io-ts type, a Standard Schema validator')
  })
})

describe('json, told something else than the compiler was', () => {
  it.each<readonly [string, Codec<any>, unknown, RegExp]>([
    ['io-ts', json(t.string) as Codec<any>, 42, /cannot write 42: .*expected string/],
    ['a field', viaIoTs as Codec<any>, { id: 'a', cents: '1', paid: true, items: [] }, /cents/],
    ['one that transforms', json(DateFromISOString) as Codec<any>, 'no date', /DateFromISOString/],
    ['zod', viaZod as Codec<any>, { id: 'a', cents: '1', paid: true, items: [] }, /cents/],
  ])('writes nothing that nobody could read: %s', (_, codec, value, says) => {
    expect(() => codec.encode(value)).toThrow(EncodeError)
    expect(() => codec.encode(value)).toThrow(says)
  })
})

const DateFromISOString: t.Type<Date, string> = new t.Type(
  'DateFromISOString',
  (value): value is Date => value instanceof Date,
  (value, context) => {
    const date = new Date(typeof value === 'string' ? value : Number.NaN)
    return Number.isNaN(date.getTime()) ? t.failure(value, context) : t.success(date)
  },
  (date) => date.toISOString(),
)
