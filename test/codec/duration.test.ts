import { describe, expect, it } from 'vitest'
import { durationMs } from '../../src/codec/duration.ts'

describe('a duration', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
  ] as const)('%s is %d ms', (text, ms) => {
    expect(durationMs('it', text)).toBe(ms)
  })

  it.each(['', '5', 's', '-5s', '5 s', '5S', '1e3s', '5sec', 5, null, undefined])('%o is none', (text) => {
    expect(() => durationMs('a tier', text as never)).toThrow('a tier takes a time')
  })
})
