import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hopAt, hopBound, type Ladder, placeOf } from '../../../src/protocol/delay/ladder.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const ladder: Ladder = {
  rungsMs: [16 * day, 4 * day, day, 8 * hour, 2 * hour, 30 * minute],
  slackMs: 100,
  tiersMs: new Set([5_000, 2 * hour]),
}

/** How long jobs wait: as people choose it, from moments to two years. */
const delays = fc.oneof(
  fc.integer({ min: 0, max: 2 * 365 * day }),
  fc.integer({ min: 0, max: 3 * day }),
  fc.tuple(fc.constantFrom(...ladder.rungsMs), fc.integer({ min: -2, max: 2 })).map(([rung, by]) => rung + by),
)

/** The places at which a job waits until it is due; it leaves each of them late by what `lates` says. */
const journey = (of: Ladder, delayMs: number, lates: readonly number[]): { hops: number; arrivedMs: number } => {
  let now = 0
  for (let hops = 1; ; hops++) {
    const place = placeOf(of, delayMs, now)
    const left = hopAt(place, delayMs, now)
    if (place._tag === 'near') return { hops, arrivedMs: now }
    now = left + (lates[hops % lates.length] ?? 0)
  }
}

const lateness = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: hour })), { minLength: 1 })

const hopsAreBounded = (of: Ladder) =>
  fc.property(delays, lateness, (delayMs, lates) => {
    expect(journey(of, delayMs, lates).hops).toBeLessThanOrEqual(hopBound(ladder, delayMs))
  })

describe('the ladder', () => {
  it('brings a job near within its bound of hops, however late each is', () => fc.assert(hopsAreBounded(ladder)))

  it('would not with a rung that is left too soon', () => {
    const hasty = { ...ladder, rungsMs: [30 * minute] }
    expect(fc.check(hopsAreBounded(hasty), { numRuns: 200 }).failed).toBe(true)
  })

  it('needs at most 15 hops for what is due within 16 days, and one more for each 16 more', () => {
    expect(hopBound(ladder, 16 * day - 1)).toBe(15)
    expect(hopBound(ladder, 365 * day)).toBe(15 + 22)
    expect(hopBound(ladder, 29 * minute)).toBe(1)
  })

  it('lets a job wait nowhere longer than until it is due, and brings it near in time where it is in time itself', () =>
    fc.assert(
      fc.property(delays, fc.nat(), (delayMs, now) => {
        const place = placeOf(ladder, now + delayMs, now)
        expect(hopAt(place, now + delayMs, now)).toBeLessThanOrEqual(now + delayMs)
        expect(journey(ladder, delayMs, [0]).arrivedMs).toBeLessThanOrEqual(delayMs)
      }),
    ))

  it('takes a job for a tier there, unless it comes so late that others would be waited for', () => {
    expect(placeOf(ladder, 5_000, 0, 5_000)).toEqual({ _tag: 'tier', waitMs: 5_000 })
    expect(placeOf(ladder, 5_000, 99, 5_000)).toEqual({ _tag: 'tier', waitMs: 5_000 })
    expect(placeOf(ladder, 5_000, 100, 5_000)).toEqual({ _tag: 'near' })
    expect(placeOf(ladder, 2 * hour, 100, 2 * hour)).toEqual({ _tag: 'rung', waitMs: 30 * minute })
    expect(placeOf(ladder, 5_000, 9_000, 5_000)).toEqual({ _tag: 'near' })
    // a clock that is behind the log's
    expect(placeOf(ladder, 5_000, -60_000, 5_000)).toEqual({ _tag: 'tier', waitMs: 5_000 })
    // of another version of the program
    expect(placeOf(ladder, 7_000, 0, 7_000)).toEqual({ _tag: 'near' })
    expect(placeOf(ladder, 3 * hour, 0, 3 * hour)).toEqual({ _tag: 'rung', waitMs: 2 * hour })
  })
})
