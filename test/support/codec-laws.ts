import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { type Codec, EncodeError } from '../../src/contracts/codec.ts'

/** A codec and its values, and what shall be true of it. */
export interface CodecLaws<A> {
  readonly codec: Codec<A>
  readonly values: fc.Arbitrary<A>
  /** What it must refuse to write. */
  readonly strangers: fc.Arbitrary<unknown>
  /** Whether it reads absent bytes. */
  readonly nullable: boolean
}

/** `bytes` as they lie in a fetched batch: a view into a larger buffer. */
const inBatch = (bytes: Uint8Array): { readonly batch: Uint8Array; readonly view: Uint8Array } => {
  const batch = new Uint8Array(bytes.length + 7).fill(0xff)
  batch.set(bytes, 3)
  return { batch, view: batch.subarray(3, 3 + bytes.length) }
}

/** The laws that every codec obeys, whatever it writes. */
export const obeysCodecLaws = <A>({ codec, values, strangers, nullable }: CodecLaws<A>): void => {
  it('reads back what it wrote, from within a larger buffer too, and keeps nothing of that', () =>
    fc.assert(
      fc.property(values, (value) => {
        const bytes = codec.encode(value)
        expect(codec.decode(bytes)).toEqual(E.right(value))
        if (bytes === null) return
        const { batch, view } = inBatch(bytes)
        const read = codec.decode(view)
        expect([...batch.subarray(3, -4)]).toEqual([...bytes])
        batch.fill(0)
        expect(read).toEqual(E.right(value))
      }),
    ))

  it('writes equal values as equal bytes', () =>
    fc.assert(
      fc.property(values, (value) => {
        const bytes = codec.encode(value)
        const again = codec.decode(bytes)
        if (E.isRight(again)) expect(codec.encode(again.right)).toEqual(bytes)
      }),
    ))

  it('answers whatever the bytes: a value that it can write, or a report of bounded size', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const read = codec.decode(bytes)
        if (E.isRight(read)) {
          expect(codec.decode(codec.encode(read.right))).toEqual(read)
          return
        }
        expect(read.left._tag).toBe('DecodeError')
        expect(codec.name).toContain(read.left.codec)
        expect(read.left.report.length).toBeGreaterThan(0)
        expect(read.left.report.join('\n').length).toBeLessThan(5_000)
      }),
    ))

  it('refuses with an EncodeError what it has no bytes for', () =>
    fc.assert(
      fc.property(strangers, (stranger) => {
        expect(() => codec.encode(stranger as A)).toThrow(EncodeError)
      }),
    ))

  it(`${nullable ? 'reads' : 'refuses'} absent bytes`, () => {
    expect(E.isRight(codec.decode(null))).toBe(nullable)
  })
}
