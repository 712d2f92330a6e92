import { describe, expect, it } from 'vitest'
import { nearest } from '../../src/codec/nearest.ts'

describe('nearest', () => {
  it.each([
    ['ordres', ['customers', 'orders'], 'orders'],
    ['segmentMs', ['segment.ms', 'segment.bytes'], 'segment.ms'],
    ['ab', ['ac'], 'ac'],
    ['payments', ['orders'], undefined],
    ['orders', [], undefined],
  ])('finds what %s was meant to be', (typed, names, meant) => expect(nearest(typed, names)).toBe(meant))

  it.each([
    ['b', 'x'],
    ['b', 'ab'],
    ['ab', 'xy'],
    ['abc', 'b'],
    ['', 'ab'],
    ['--', 'ab'],
  ])('does not take %j for a slip of %j: as many letters differ as there are', (typed, name) =>
    expect(nearest(typed, [name])).toBeUndefined(),
  )
})
