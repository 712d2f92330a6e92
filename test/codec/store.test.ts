import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { keyCodec } from '../../src/codec/field-codec.ts'
import { store } from '../../src/codec/store.ts'
import { textOf } from '../support/text-of.ts'

describe('store', () => {
  it('writes its keys as topics do', () => {
    const points = store('points', { key: t.type({ y: t.number, x: t.number }), value: t.number })
    const key = { y: 1, x: 2 }
    expect(points.key.encode(key)).toEqual(keyCodec(t.type({ y: t.number, x: t.number })).encode(key))
    expect(textOf(points.value.encode(7))).toBe('7')
  })

  it.each(['', 'a b', '__x', 'x'.repeat(101)])('refuses the name %j', (name) => {
    expect(() => store(name, { key: t.string, value: t.number })).toThrow('cannot name a store')
  })

  it('says of which part of which store there is neither codec nor schema', () => {
    expect(() => store('sums', { key: t.string, value: {} as never })).toThrow(
      "the value of store 'sums': an empty object is no schema",
    )
  })
})
