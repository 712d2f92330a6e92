import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OffsetSet } from '../../../src/protocol/retry/offset-set.ts'

const offset = fc.oneof(fc.nat(200), fc.integer({ min: 4_000, max: 4_200 }), fc.integer({ min: 2 ** 40, max: 2 ** 52 }))

describe('a set of offsets', () => {
  it('has what was added, and nothing else', () =>
    fc.assert(
      fc.property(fc.array(offset), fc.array(offset), (added, asked) => {
        const offsets = new OffsetSet()
        for (const one of added) offsets.add(one)
        const model = new Set(added)
        for (const one of [...added, ...asked]) expect(offsets.has(one)).toBe(model.has(one))
      }),
    ))
})
