import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { bytes } from '../../src/codec/bytes.ts'
import { keyCodec } from '../../src/codec/field-codec.ts'
import { inPlaceOf } from '../../src/codec/in-place.ts'
import { nullable } from '../../src/codec/nullable.ts'
import { text } from '../../src/codec/text.ts'
import type { Codec } from '../../src/contracts/codec.ts'

const anything = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.uint8Array({ max: 0x7f, maxLength: 80 }),
  fc.string({ unit: 'binary' }).map((value) => new TextEncoder().encode(value)),
)

const strings = fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'binary' }))
const Short = t.refinement(t.string, (value) => value.length < 9, 'Short')

// biome-ignore lint/suspicious/noExplicitAny: codecs of any values
const known: readonly (readonly [string, Codec<any>, fc.Arbitrary<unknown>])[] = [
  ['text', text, strings],
  ['bytes', bytes, fc.uint8Array()],
  ['nullable(text)', nullable(text), fc.option(strings)],
  ['nullable(bytes)', nullable(bytes), fc.option(fc.uint8Array())],
  ['a schema of strings', keyCodec<string>(t.string), strings],
  ['a schema of some strings', keyCodec<string>(Short), strings],
]

const encoded = (codec: Codec<unknown>, value: unknown): Uint8Array | null | 'refused' => {
  try {
    return codec.encode(value)
  } catch {
    return 'refused'
  }
}

describe.each(known)('%s in place', (_, codec, values) => {
  it('reads what decode reads, wherever it lies, and leaves to it what it does not read', () =>
    fc.assert(
      fc.property(
        anything,
        fc.uint8Array({ maxLength: 9 }),
        fc.uint8Array({ maxLength: 9 }),
        (field, before, after) => {
          const all = new Uint8Array([...before, ...field, ...after])
          const read = inPlaceOf(codec)?.read(all, before.length, before.length + field.length)
          if (read !== undefined) expect(E.right(read)).toEqual(codec.decode(field))
        },
      ),
    ))

  it('writes what encode writes, or nothing', () =>
    fc.assert(
      fc.property(fc.oneof(values, fc.anything()), fc.nat(80), (value, room) => {
        const into = new Uint8Array(room)
        const expected = encoded(codec, value)
        let length: number
        try {
          length = inPlaceOf(codec)?.write?.(value, into) ?? -1
        } catch {
          expect(expected).toBe('refused')
          return
        }
        if (length >= 0) expect([...into.subarray(0, length)]).toEqual([...(expected as Uint8Array)])
      }),
    ))
})

describe('text in place', () => {
  it.each(known.filter(([name]) => !name.includes('bytes')))(
    'reads and writes a short key of ASCII, which is what it is for: %s',
    (_, codec) => {
      const into = new Uint8Array(8)
      expect(inPlaceOf(codec)?.write?.('key-1', into)).toBe(5)
      expect(inPlaceOf(codec)?.read(into, 0, 5)).toBe('key-1')
    },
  )
})

describe('a schema of strings in place', () => {
  it('leaves to encode what it writes as something else, which is refused', () => {
    const codec = keyCodec<string>(Object.assign(new t.StringType(), { encode: (value: string) => value.length }))
    expect(() => codec.encode('key')).toThrow('text cannot write 3')
    expect(inPlaceOf(codec)?.write?.('key', new Uint8Array(8))).toBe(-1)
  })
})

describe('bytes in place', () => {
  it('reads bytes of its own', () => {
    const batch = Buffer.from([1, 2, 3, 4])
    const read = inPlaceOf(bytes)?.read(batch, 1, 3)
    batch.fill(0)
    expect(read).toEqual(new Uint8Array([2, 3]))
  })
})

describe('inPlaceOf', () => {
  it('knows a codec itself, and none that was made of it', () => {
    expect(inPlaceOf(text)).toBeDefined()
    expect(inPlaceOf({ ...text, decode: () => E.right('mine') })).toBeUndefined()
  })
})
