import * as fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { json } from '../../src/codec/json.ts'
import { keyFormOf } from '../../src/codec/key-form.ts'
import { nullable } from '../../src/codec/nullable.ts'
import { text } from '../../src/codec/text.ts'
import { obeysCodecLaws } from '../support/codec-laws.ts'
import { textOf } from '../support/text-of.ts'

describe('nullable', () => {
  obeysCodecLaws({
    codec: nullable(text),
    values: fc.option(fc.string({ unit: 'binary' })),
    strangers: fc.constantFrom(undefined, 1, '\ud800'),
    nullable: true,
  })

  it('is for all else the codec it was given, as a key too', () => {
    const point = nullable(json(t.type({ y: t.number, x: t.number })))
    expect(textOf(point.encode({ y: 1, x: 2 }))).toBe('{"y":1,"x":2}')
    expect(textOf(keyFormOf(point).encode({ y: 1, x: 2 }))).toBe('{"x":2,"y":1}')
    expect(keyFormOf(point).encode(null)).toBe(null)
  })
})
