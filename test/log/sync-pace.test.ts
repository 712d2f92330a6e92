import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SyncPace } from '../../src/log/sync-pace.ts'

const alone = (pace: SyncPace, syncs: number): void => {
  for (let sync = 0; sync < syncs; sync++) {
    if (pace.isInPlace) pace.inPlace(0.1)
    else pace.aside(false)
  }
}

/** What it takes until syncs are done in place, where nobody joins. */
const settled = (): SyncPace => {
  const pace = new SyncPace()
  alone(pace, 8)
  return pace
}

describe('SyncPace', () => {
  it('begins aside, and syncs in place once nobody has joined for a while', () => {
    const pace = new SyncPace()
    alone(pace, 7)
    expect(pace.isInPlace).toBe(false)
    alone(pace, 1)
    expect(pace.isInPlace).toBe(true)
  })

  it('goes aside again where a sync in place held everything up', () => {
    const pace = settled()
    pace.inPlace(5)
    expect(pace.isInPlace).toBe(false)
    alone(pace, 8)
    expect(pace.isInPlace).toBe(true)
  })

  it('does not mind a slow one now and then', () => {
    const pace = settled()
    alone(pace, 30)
    pace.inPlace(5)
    expect(pace.isInPlace).toBe(false)
    alone(pace, 2)
    expect(pace.isInPlace).toBe(true)
  })

  it('hardly ever holds anything up where the device is always slow', () => {
    const pace = settled()
    let inPlace = 0
    for (let sync = 0; sync < 1000; sync++) {
      if (!pace.isInPlace) pace.aside(false)
      else {
        pace.inPlace(5)
        inPlace++
      }
    }
    expect(inPlace).toBeLessThanOrEqual(10)
  })

  it('looks now and then whether somebody joins, and stays aside where one does', () => {
    const pace = settled()
    alone(pace, 32)
    expect(pace.isInPlace).toBe(false)
    pace.aside(true)
    expect(pace.isInPlace).toBe(false)
  })

  it('never goes more than 32 syncs without an answer to that, nor in place right after a slow one or a joined one', () => {
    const event = fc.record({ joined: fc.boolean(), tookMs: fc.constantFrom(0, 0.4, 0.6, 20) })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const pace = new SyncPace()
        let row = 0
        let quiet = 0
        let isRested = true
        for (const { joined, tookMs } of events) {
          if (pace.isInPlace) {
            expect(quiet).toBeGreaterThanOrEqual(8)
            expect(isRested).toBe(true)
            row++
            pace.inPlace(tookMs)
            isRested = tookMs <= 0.5
          } else {
            row = 0
            isRested = true
            pace.aside(joined)
            quiet = joined ? 0 : quiet + 1
          }
          expect(row).toBeLessThanOrEqual(32)
        }
      }),
    )
  })
})
