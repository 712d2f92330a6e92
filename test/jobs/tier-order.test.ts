import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TierOrder } from '../../src/jobs/tier-order.ts'

const waits = [5_000, 60_000]
const asked = fc.record({ task: fc.nat(2), waitMs: fc.constantFrom(...waits, 7), dueMs: fc.nat(20) })

describe('the order of tiers', () => {
  it('takes what is due no earlier than all that it took there, and nothing else', () =>
    fc.assert(
      fc.property(fc.array(asked), (all) => {
        const order = new TierOrder(waits)
        const taken: (typeof all)[number][] = []
        for (const one of all) {
          const before = taken.filter(({ task, waitMs }) => task === one.task && waitMs === one.waitMs)
          const isBehind = before.every(({ dueMs }) => dueMs <= one.dueMs)
          expect(order.takes(one.task, one.waitMs, one.dueMs)).toBe(waits.includes(one.waitMs) && isBehind)
          if (isBehind && waits.includes(one.waitMs)) taken.push(one)
        }
      }),
    ))
})
