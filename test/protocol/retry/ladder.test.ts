import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dueAfter, freshRung } from '../../../src/protocol/retry/ladder.ts'

const steps = fc.array(
  fc.record({
    later: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: -9_000, max: -1 }) },
    ),
    draw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  }),
  { minLength: 1, maxLength: 60 },
)

describe('the due times of a rung', () => {
  it('are never early, at most the jitter late, and in the order in which they were handed out', () =>
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, waitMs, jitter) => {
          let rung = freshRung
          let nowMs = 1_000
          for (const { later, draw } of list) {
            nowMs += later
            const next = dueAfter(rung, { nowMs, waitMs, jitter, draw: () => draw })
            expect(next.lastDueMs).toBeGreaterThanOrEqual(nowMs + waitMs)
            expect(next.lastDueMs).toBeLessThanOrEqual(nowMs + waitMs + Math.floor(waitMs * jitter))
            if (later >= 0) expect(next.lastDueMs).toBeGreaterThanOrEqual(rung.lastDueMs)
            rung = next
          }
        },
      ),
    ))

  it('are exact without jitter', () => {
    const next = dueAfter(freshRung, { nowMs: 7, waitMs: 100, jitter: 0, draw: () => 0.99 })
    expect(next.lastDueMs).toBe(107)
  })

  it('of a burst are spread by one draw and not by the largest of many', () => {
    const draws = [0.25, 0.99, 0.5]
    let rung = freshRung
    const dues = Array.from({ length: 3 }, (_, nowMs) => {
      rung = dueAfter(rung, { nowMs, waitMs: 1_000, jitter: 0.1, draw: () => draws.shift() ?? 0 })
      return rung.lastDueMs - nowMs
    })
    expect(dues).toEqual([1_025, 1_025, 1_025])
  })
})
