import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader } from '../../src/batch/byte-reader.ts'
import { CorruptBatchError } from '../../src/batch/corrupt-batch.ts'
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from '../../src/batch/varint.ts'
import { fromHex } from '../support/raw-batches.ts'

/** The definition, in 64 bits and as slow as it likes. */
const byDefinition = (value: number): number[] => {
  const number = BigInt(value)
  let rest = BigInt.asUintN(64, (number << 1n) ^ (number >> 63n))
  const bytes: number[] = []
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}

const int32 = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31)))
const safeInteger = fc.oneof(
  fc.maxSafeInteger(),
  int32,
  // Around each power of two, where a byte more is needed.
  fc
    .tuple(fc.integer({ min: 0, max: 52 }), fc.integer({ min: -2, max: 2 }), fc.constantFrom(1, -1))
    // Not -0, which no integer on the wire is.
    .map(([power, near, sign]) => sign * (2 ** power + near) + 0),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
)

describe('a varint', () => {
  it('is written as defined, in as many bytes as foretold, and read back', () =>
    fc.assert(
      fc.property(int32, fc.nat({ max: 4 }), (value, at) => {
        const bytes = new Uint8Array(16)
        const end = writeVarint(bytes, at, value)
        expect([...bytes.subarray(at, end)]).toEqual(byDefinition(value))
        expect(end - at).toBe(varintBytes(value))
        const reader = new ByteReader(bytes, at)
        expect([reader.varint(), reader.at]).toEqual([value, end])
      }),
    ))

  it.each(['808080808001', 'ffffffffff01', 'ffffffff10', '808080807f', '80808080808080808080'])(
    'of more than 32 bits is corrupt: %s',
    (hex) => {
      expect(() => new ByteReader(fromHex(hex), 0).varint()).toThrow(CorruptBatchError)
    },
  )

  it('may be padded to five bytes, as Kafka allows', () => {
    expect(new ByteReader(fromHex('8280808000'), 0).varint()).toBe(1)
  })
})

describe('a varlong', () => {
  it('is written as defined, in as many bytes as foretold, and read back', () =>
    fc.assert(
      fc.property(safeInteger, fc.nat({ max: 4 }), (value, at) => {
        const bytes = new Uint8Array(16)
        const end = writeVarlong(bytes, at, value)
        expect([...bytes.subarray(at, end)]).toEqual(byDefinition(value))
        expect(end - at).toBe(varlongBytes(value))
        const reader = new ByteReader(bytes, at)
        expect([reader.varlong(), reader.at]).toEqual([value, end])
      }),
    ))

  it.each([
    ['beyond 2^53', '808080808080808020'],
    ['the largest of 64 bits', 'feffffffffffffffff01'],
    ['the smallest of 64 bits', 'ffffffffffffffffff01'],
    ['longer than ten bytes', '8080808080808080808000'],
  ])('%s is corrupt', (_what, hex) => {
    expect(() => new ByteReader(fromHex(hex), 0).varlong()).toThrow(CorruptBatchError)
  })
})

it('whatever the bytes, reading moves on by ten at most or is corrupt', () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), fc.boolean(), (bytes, long) => {
      const reader = new ByteReader(bytes, 0)
      try {
        const value = long ? reader.varlong() : reader.varint()
        expect(Number.isInteger(value) && Math.abs(value) <= 2 ** 53).toBe(true)
        expect(reader.at).toBeLessThanOrEqual(long ? 10 : 5)
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptBatchError)
      }
    }),
  ))
