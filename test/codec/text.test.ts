import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { text } from '../../src/codec/text.ts'
import { obeysCodecLaws } from '../support/codec-laws.ts'

describe('text', () => {
  obeysCodecLaws({
    codec: text,
    values: fc.string({ unit: 'binary' }),
    strangers: fc.oneof(fc.constant('\ud800'), fc.constant('a\udfffb'), fc.integer(), fc.constant(null)),
    nullable: false,
  })

  it('is UTF-8, as the platform writes it', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(new Uint8Array(text.encode(value) ?? [])).toEqual(new TextEncoder().encode(value))
      }),
    ))

  it('keeps a byte order mark', () => {
    expect(text.decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))).toEqual(E.right('\ufeffa'))
  })

  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['past U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['cut short', [0xe2, 0x82]],
  ])('refuses %s', (_, bytes) => {
    expect(text.decode(new Uint8Array(bytes))).toEqual(
      E.left({ _tag: 'DecodeError', codec: 'text', report: [`these ${bytes.length} bytes are not UTF-8`] }),
    )
  })
})
