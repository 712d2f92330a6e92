import { describe, expect, it } from 'vitest'
import { keyHash } from '../../src/store/key-hash.ts'

const hashOf = (text: string) => keyHash(Buffer.from(text)) >>> 0

describe('keyHash', () => {
  it('is MurmurHash3 of 32 bits, without a seed', () => {
    // from the reference implementation's own vectors
    expect(hashOf('')).toBe(0)
    expect(hashOf('hello')).toBe(0x248bfa47)
    expect(hashOf('hello, world')).toBe(0x149bbb7f)
    expect(hashOf('The quick brown fox jumps over the lazy dog')).toBe(0x2e4ff723)
  })

  it('spreads keys evenly over its upper bits, which choose their places', () => {
    const counts = Array.from({ length: 64 }, () => 0)
    for (let at = 0; at < 64_000; at++) {
      const place = hashOf(`order-${at}`) >>> 26
      counts[place] = (counts[place] ?? 0) + 1
    }
    expect(Math.max(...counts)).toBeLessThan(1_200)
    expect(Math.min(...counts)).toBeGreaterThan(800)
  })
})
