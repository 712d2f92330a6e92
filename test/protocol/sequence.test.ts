import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sequenceAfter, sequenceBefore } from '../../src/protocol/sequence.ts'

const sequence = fc.integer({ min: 0, max: 2 ** 31 - 1 })

describe('sequence arithmetic', () => {
  it('is addition modulo 2^31, and goes back', () => {
    fc.assert(
      fc.property(sequence, sequence, (from, count) => {
        const after = sequenceAfter(from, count)
        expect(after).toBe(Number((BigInt(from) + BigInt(count)) % 2n ** 31n))
        expect(sequenceBefore(after, count)).toBe(from)
      }),
    )
  })

  it('begins again at 0 after 2147483647', () => {
    expect(sequenceAfter(2147483647, 1)).toBe(0)
    expect(sequenceBefore(0, 1)).toBe(2147483647)
    expect(sequenceAfter(-1, 1)).toBe(0)
  })
})
