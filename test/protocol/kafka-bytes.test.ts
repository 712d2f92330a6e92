import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { ByteWriter, readBytes } from '../../src/protocol/kafka-bytes.ts'

const bytes = (...of: readonly number[]) => Uint8Array.from(of)

describe("Kafka's primitive types", () => {
  it('are read as they were written, wherever the bytes lie', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
        fc.integer(),
        fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
        fc.option(fc.string({ unit: 'grapheme' })),
        fc.option(fc.uint8Array({ maxLength: 300 })),
        fc.array(fc.integer()),
        fc.nat(5),
        (int16, int32, int64, text, blob, list, before) => {
          const writer = new ByteWriter().int16(int16).int32(int32).int64(int64).string(text).bytes(blob)
          const written = writer.array(list, (item) => writer.int32(item)).finish()
          const inside = new Uint8Array(before + written.length + 2)
          inside.set(written, before)
          const read = readBytes(inside.subarray(before, before + written.length), 'all', (reader) => [
            reader.int16(),
            reader.int32(),
            reader.int64(),
            reader.nullableString(),
            reader.nullableBytes(),
            reader.array(() => reader.int32()),
          ])
          expect(read).toEqual(E.right([int16, int32, int64, text, blob, list]))
        },
      ),
    )
  })

  it('keep a byte order mark, which is text like any other', () => {
    const written = new ByteWriter().string('\uFEFFa').finish()
    expect(readBytes(written, 'it', (reader) => reader.string())).toEqual(E.right('\uFEFFa'))
  })

  it.each([
    ['a length beyond the end', bytes(0, 9, 1), 'it, 3 bytes: 9 bytes wanted at byte 2'],
    ['a negative length', bytes(0xff, 0xf0), 'it, 2 bytes: -16 bytes wanted at byte 2'],
    ['no text where there must be some', bytes(0xff, 0xff), 'it, 2 bytes: text is missing at byte 2'],
    ['text that is not UTF-8', bytes(0, 1, 0xff), 'it, 3 bytes: text that is not UTF-8 at byte 3'],
  ])('refuse %s, saying where', (_, given, message) => {
    expect(readBytes(given, 'it', (reader) => reader.string())).toEqual(E.left({ _tag: 'MalformedBytes', message }))
  })

  it('refuse numbers that a double does not hold, endless varints and absurd counts', () => {
    const big = bytes(0x7f, 0, 0, 0, 0, 0, 0, 0)
    expect(E.isLeft(readBytes(big, 'it', (reader) => reader.int64()))).toBe(true)
    expect(E.isLeft(readBytes(new Uint8Array(9).fill(0xff), 'it', (reader) => reader.uvarint()))).toBe(true)
    expect(E.isLeft(readBytes(big, 'it', (reader) => reader.array(() => 0)))).toBe(true)
  })

  it('refuse to write text that does not fit', () => {
    expect(() => new ByteWriter().string('x'.repeat(0x8000))).toThrow(RangeError)
  })

  it('let errors of the reading program through', () => {
    const bug = () => {
      throw new TypeError('a bug')
    }
    expect(() => readBytes(bytes(), 'it', bug)).toThrow('a bug')
  })
})
