import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  assignEpoch,
  endOffsetFor,
  type LeaderEpochs,
  truncateEpochsFromEnd,
  truncateEpochsFromStart,
} from '../../../src/protocol/broker/leader-epochs.ts'

const cache = (...entries: readonly (readonly [number, number])[]): LeaderEpochs =>
  entries.map(([epoch, startOffset]) => ({ epoch, startOffset }))
const some = cache([1, 5], [3, 10], [4, 20])

describe('the epochs of a log', () => {
  it.each([
    ['the next', { epoch: 6, startOffset: 30 }, cache([1, 5], [3, 10], [4, 20], [6, 30])],
    ['the same once more', { epoch: 4, startOffset: 25 }, some],
    ['the same, from earlier on', { epoch: 4, startOffset: 15 }, cache([1, 5], [3, 10], [4, 15])],
    ['one where the last has written nothing', { epoch: 6, startOffset: 20 }, cache([1, 5], [3, 10], [6, 20])],
    ['one below the last', { epoch: 3, startOffset: 12 }, cache([1, 5], [3, 12])],
    ['one before all others', { epoch: 7, startOffset: 0 }, cache([7, 0])],
  ])('take in %s', (_what, begins, after) => {
    expect(assignEpoch(some, begins)).toEqual(after)
  })

  it.each([
    ['the latest', 4, { epoch: 4, endOffset: 28 }],
    ['one before', 3, { epoch: 3, endOffset: 20 }],
    ['one that has no records here', 2, { epoch: 1, endOffset: 10 }],
    ['one before the first', 0, { epoch: 0, endOffset: 5 }],
    ['a later one', 5, undefined],
  ])('know where %s ends', (_what, epoch, end) => {
    expect(endOffsetFor(some, epoch, 28)).toEqual(end)
  })

  it('know nothing of an empty log', () => {
    expect(endOffsetFor([], 0, 0)).toBeUndefined()
  })

  it.each([
    [30, some],
    [21, some],
    [20, cache([1, 5], [3, 10])],
    [5, []],
  ])('are cut with the end of the log, at %d', (endOffset, after) => {
    expect(truncateEpochsFromEnd(some, endOffset)).toEqual(after)
  })

  it.each([
    [3, some],
    [5, some],
    [7, cache([1, 7], [3, 10], [4, 20])],
    [10, cache([3, 10], [4, 20])],
    [28, cache([4, 28])],
  ])('are cut with its start, at %d', (startOffset, after) => {
    expect(truncateEpochsFromStart(some, startOffset)).toEqual(after)
  })

  it('rise in both numbers, whatever is assigned and cut', () => {
    const begins = fc.record({ epoch: fc.nat(8), startOffset: fc.nat(20) })
    fc.assert(
      fc.property(fc.array(begins), fc.nat(20), fc.nat(20), (all, start, end) => {
        const cut = truncateEpochsFromStart(truncateEpochsFromEnd(all.reduce(assignEpoch, []), end), start)
        for (const [at, { epoch, startOffset }] of cut.entries()) {
          const before = cut[at - 1]
          if (before === undefined) continue
          expect(epoch).toBeGreaterThan(before.epoch)
          expect(startOffset).toBeGreaterThan(before.startOffset)
        }
      }),
    )
  })
})
