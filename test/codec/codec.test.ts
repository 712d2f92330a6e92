import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { codec } from '../../src/codec/codec.ts'
import { EncodeError } from '../../src/contracts/codec.ts'
import { obeysCodecLaws } from '../support/codec-laws.ts'

const hex = codec<string>({
  name: 'hex',
  encode: (value) => {
    if (!/^([0-9a-f]{2})*$/.test(value)) throw new RangeError('no hex')
    return Buffer.from(value, 'hex')
  },
  decode: (bytes) => Buffer.from(bytes).toString('hex'),
})
const failing = codec<string>({
  name: 'failing',
  encode: () => {
    throw new RangeError('cannot')
  },
  decode: () => {
    throw new RangeError('cannot read')
  },
})
const report = (read: E.Either<{ readonly report: readonly string[] }, unknown>): readonly string[] =>
  E.isLeft(read) ? read.left.report : []

describe('codec', () => {
  obeysCodecLaws({
    codec: hex,
    values: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('hex')),
    strangers: fc.constantFrom('x', 'abc'),
    nullable: false,
  })

  it('makes a DecodeError of what decode throws', () => {
    expect(report(failing.decode(new Uint8Array()))).toEqual(['RangeError: cannot read'])
  })

  it('makes an EncodeError of what encode throws, with it as cause', () => {
    const thrown = E.tryCatch(
      () => failing.encode('a'),
      (error) => error,
    )
    expect(thrown).toEqual(E.left(expect.any(EncodeError)))
    expect(thrown).toMatchObject({
      left: { message: 'failing cannot write "a": RangeError: cannot', cause: { message: 'cannot' } },
    })
  })

  it('hands decode bytes of its own: it may keep them, and change them', () => {
    const own = codec<Uint8Array>({ encode: (value) => value, decode: (bytes) => bytes.fill(9) })
    const batch = new Uint8Array([1, 2, 3])
    own.decode(batch.subarray(1))
    expect([...batch]).toEqual([1, 2, 3])
  })

  it('refuses promises in both directions, and takes care of their rejections', async () => {
    const late = codec<string>({
      name: 'late',
      encode: () => Promise.reject(new Error('unheard')) as never,
      decode: () => Promise.reject(new Error('unheard')) as never,
    })
    expect(() => late.encode('a')).toThrow('late.encode answered a promise: it must answer a Uint8Array, at once')
    expect(report(late.decode(new Uint8Array()))).toEqual([
      'decode answered a promise: it must answer the value, at once',
    ])
    await new Promise(setImmediate) // where an unhandled rejection would surface
  })

  it('refuses what is not made of two functions', () => {
    expect(() => codec({ name: 'half', encode: undefined as never, decode: () => 1 })).toThrow(
      "codec 'half' needs two functions, encode and decode",
    )
  })
})
