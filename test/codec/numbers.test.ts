import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { float64, int32, int64 } from '../../src/codec/numbers.ts'
import { obeysCodecLaws } from '../support/codec-laws.ts'

const hex = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('hex')
const noNumbers = fc.constantFrom<unknown>(null, undefined, '1', 1n, {})

describe('int32', () => {
  obeysCodecLaws({
    codec: int32,
    values: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    strangers: fc.oneof(noNumbers, fc.constantFrom(2 ** 31, -(2 ** 31) - 1, 0.5, Number.NaN, Infinity)),
    nullable: false,
  })

  it('is four bytes, big-endian, as Kafka’s IntegerSerializer writes them', () => {
    expect([1, -1, 2 ** 31 - 1, -(2 ** 31)].map((value) => hex(int32.encode(value)))).toEqual([
      '00000001',
      'ffffffff',
      '7fffffff',
      '80000000',
    ])
  })
})

describe('int64', () => {
  obeysCodecLaws({
    codec: int64,
    values: fc.maxSafeInteger(),
    strangers: fc.oneof(noNumbers, fc.constantFrom(2 ** 53, -(2 ** 53), 0.5, Number.NaN, Infinity)),
    nullable: false,
  })

  it('is eight bytes, big-endian: DataView’s own bigints', () =>
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const view = new DataView(new ArrayBuffer(8))
        view.setBigInt64(0, BigInt(value))
        expect(hex(int64.encode(value))).toBe(Buffer.from(view.buffer).toString('hex'))
      }),
    ))

  it('refuses to round what is past 2^53 - 1', () =>
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const view = new DataView(new ArrayBuffer(8))
        view.setBigInt64(0, value)
        const read = int64.decode(new Uint8Array(view.buffer))
        if (E.isRight(read)) expect(BigInt(read.right)).toBe(value)
        else expect(Number.isSafeInteger(Number(value))).toBe(false)
      }),
    ))
})

describe('float64', () => {
  obeysCodecLaws({ codec: float64, values: fc.double(), strangers: noNumbers, nullable: false })

  it('is eight bytes, big-endian, as Kafka’s DoubleSerializer writes them', () => {
    expect(hex(float64.encode(1.5))).toBe('3ff8000000000000')
  })
})

describe('a number of the wrong size', () => {
  it.each([int32, int64, float64])('is refused by $name, with both sizes', (codec) => {
    const read = codec.decode(new Uint8Array(5))
    expect(E.isLeft(read) && read.left.report).toEqual([`takes ${codec === int32 ? 4 : 8} bytes, got 5`])
  })
})
