import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AbortedTransaction,
  settledMax,
  UnstableTransactions,
} from '../../../src/protocol/broker/stable-offset.ts'

/** What the class keeps, as lists that are searched from the start each time. */
class NaiveTransactions {
  readonly open: { producerId: number; firstOffset: number }[] = []
  decided: { firstOffset: number; markerOffset: number }[] = []

  end(producerId: number, markerOffset: number, commit: boolean): AbortedTransaction | undefined {
    const at = this.open.findIndex((t) => t.producerId === producerId)
    const [ended] = at === -1 ? [] : this.open.splice(at, 1)
    if (ended === undefined) return undefined
    this.decided.push({ firstOffset: ended.firstOffset, markerOffset })
    if (commit) return undefined
    const others = this.open.map((t) => t.firstOffset)
    return { ...ended, lastOffset: markerOffset, lastStableOffset: Math.min(markerOffset + 1, ...others) }
  }

  advance(highWatermark: number): void {
    this.decided = this.decided.filter((t) => t.markerOffset >= highWatermark)
  }

  get firstUnstable(): number | undefined {
    const offsets = [...this.open, ...this.decided].map((t) => t.firstOffset)
    return offsets.length === 0 ? undefined : Math.min(...offsets)
  }
}

type Step =
  | { readonly _tag: 'append'; readonly producerId: number }
  | { readonly _tag: 'marker'; readonly producerId: number; readonly commit: boolean }
  | { readonly _tag: 'advance'; readonly share: number }

const producerId = fc.integer({ min: 0, max: 9 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ _tag: fc.constant('append' as const), producerId }),
  fc.record({ _tag: fc.constant('marker' as const), producerId, commit: fc.boolean() }),
  fc.record({ _tag: fc.constant('advance' as const), share: fc.integer({ min: 0, max: 100 }) }),
)

describe('UnstableTransactions', () => {
  it('answers what a search through all transactions answers', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
        const kept = new UnstableTransactions()
        const naive = new NaiveTransactions()
        let end = 0
        let highWatermark = 0
        for (const s of steps) {
          if (s._tag === 'append') {
            if (!naive.open.some((t) => t.producerId === s.producerId)) {
              kept.begin(s.producerId, end)
              naive.open.push({ producerId: s.producerId, firstOffset: end })
            }
            end += 2
          } else if (s._tag === 'marker') {
            const aborted = kept.end(s.producerId, { markerOffset: end, commit: s.commit })
            assert.deepEqual(aborted, naive.end(s.producerId, end, s.commit))
            end += 1
          } else {
            highWatermark += Math.floor(((end - highWatermark) * s.share) / 100)
            kept.advance(highWatermark)
            naive.advance(highWatermark)
          }
          const { firstUnstable } = naive
          assert.equal(kept.firstUnstable, firstUnstable)
          const stable = kept.lastStableOffset({ startOffset: 0, highWatermark })
          assert.equal(stable, Math.min(highWatermark, firstUnstable ?? highWatermark))
        }
      }),
      { numRuns: 200, interruptAfterTimeLimit: 15_000 },
    ))

  it('holds committed readers before a marker that the high watermark has not passed', () => {
    const kept = new UnstableTransactions()
    kept.begin(7, 10)
    kept.end(7, { markerOffset: 12, commit: true })
    kept.advance(12)
    expect(kept.lastStableOffset({ startOffset: 0, highWatermark: 12 })).toBe(10)
    kept.advance(13)
    expect(kept.lastStableOffset({ startOffset: 0, highWatermark: 13 })).toBe(13)
  })

  it('never answers before the start of the log', () => {
    const kept = new UnstableTransactions()
    kept.begin(7, 10)
    expect(kept.lastStableOffset({ startOffset: 15, highWatermark: 20 })).toBe(15)
  })

  it('finds the open transactions of recovered producers, in whatever order they come', () => {
    const entry = (producerId: number, openTransaction: number) => ({
      producerId,
      epoch: 0,
      coordinatorEpoch: -1,
      lastAppendMs: 0,
      openTransaction,
      batches: [],
    })
    const kept = UnstableTransactions.of([entry(1, 30), entry(2, -1), entry(3, 20)])
    expect(kept.firstUnstable).toBe(20)
    expect(kept.end(3, { markerOffset: 40, commit: false })).toEqual({
      producerId: 3,
      firstOffset: 20,
      lastOffset: 40,
      lastStableOffset: 30,
    })
  })

  it('throws where a producer begins twice, or before another', () => {
    const kept = new UnstableTransactions()
    kept.begin(7, 10)
    expect(() => kept.begin(7, 11)).toThrow('broken invariant')
    expect(() => kept.begin(8, 10)).toThrow('broken invariant')
  })

  it('keeps little behind one transaction that stays open while many others come and go', () => {
    const kept = new UnstableTransactions()
    kept.begin(0, 0)
    for (let n = 1; n <= 100_000; n++) {
      kept.begin(1, 2 * n)
      kept.end(1, { markerOffset: 2 * n + 1, commit: n % 2 === 0 })
      kept.advance(2 * n + 2)
      if (kept.size > 2 * settledMax) throw new Error(`${kept.size} transactions are kept`)
    }
    expect(kept.firstUnstable).toBe(0)
    kept.end(0, { markerOffset: 300_000, commit: true })
    kept.advance(300_001)
    expect(kept.firstUnstable).toBeUndefined()
  })
})
