import { describe, expect, it } from 'vitest'
import { AppendTimes } from '../../../../src/testing/simulation/machine/append-times.ts'

const at = (offset: number, partition = 0) => ({ topic: 'orders', partition, offset })

describe('when records were appended', () => {
  it('is told of those that somebody was told of, and of no other', () => {
    const times = new AppendTimes()
    times.note(at(3), 2, 1_000)
    times.note(at(6), 1, 2_000)
    expect([2, 3, 4, 5, 6, 7].map((offset) => times.of(at(offset)))).toEqual([
      undefined,
      1_000,
      1_000,
      undefined,
      2_000,
      undefined,
    ])
    expect(times.of(at(3, 1))).toBeUndefined()
  })

  it('stays as it was told first', () => {
    const times = new AppendTimes()
    times.note(at(3), 1, 1_000)
    times.note(at(0), 10, 9_000)
    expect([times.of(at(3)), times.of(at(4))]).toEqual([1_000, 9_000])
  })
})
