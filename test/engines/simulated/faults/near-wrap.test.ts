import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../../src/engines/simulated/faults/fault.ts'
import { beginningUnder } from '../../../../src/engines/simulated/faults/near-wrap.ts'
import { deliverySemantics } from '../../../../src/testing/index.ts'
import { transactions } from '../../../simulate/programs/by-hand.ts'

const nearWrap = (target: number, extent: number): Fault => ({ name: 'near-wrap', atMs: 0, forMs: 1, target, extent })

describe('numbers near their ends', () => {
  it('are so near that a run comes to them, and stay what they are', () => {
    for (const target of [0, 1, 2, 3, 4, 5, 6, 7])
      for (const extent of [0, 0.5, 1]) {
        const first = beginningUnder([nearWrap(target, extent)])
        expect(first.firstSequence).toBeGreaterThanOrEqual(2 ** 31 - 20)
        expect(first.firstSequence).toBeLessThanOrEqual(2 ** 31 - 1)
        expect(first.firstTransactionEpoch).toBeGreaterThanOrEqual(32_762)
        expect(first.firstProducerEpoch).toBeLessThanOrEqual(32_766)
        expect(Number.isSafeInteger(first.firstProducerId)).toBe(true)
        expect(Number.isSafeInteger((first.firstOffset ?? 0) + 1_000)).toBe(true)
      }
  })

  it('are only there where they are among the faults', () => {
    expect(beginningUnder([{ ...nearWrap(0, 0), name: 'delay' }])).toEqual({})
  })

  it('are used up in a run, and nobody notices', async () => {
    const { reached } = await deliverySemantics({ ...transactions.options, faults: ['near-wrap'], seed: 2, runs: 20 })
    expect([...reached]).toEqual(expect.arrayContaining(['sequence wrapped', 'epoch exhausted']))
  })
})
