import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heal, run, schedules } from '../../support/replication-schedule.ts'

describe('replication', () => {
  const reached = new Set<string>()

  it('loses nothing that was committed, while fewer lose records than must be in sync', () => {
    fc.assert(
      fc.property(schedules(false), ([settings, steps]) => {
        for (const what of run(settings, steps).world.reached) reached.add(what)
      }),
      { numRuns: 1500 },
    )
  })

  it('keeps one leader an epoch, and logs that match, when elections are unclean and any records are lost', () => {
    fc.assert(
      fc.property(schedules(true), ([settings, steps]) => {
        for (const what of run(settings, steps).world.reached) reached.add(what)
      }),
      { numRuns: 1000 },
    )
  })

  it('brings every replica into the ISR once nothing fails any more, with everything committed', () => {
    fc.assert(
      fc.property(schedules(true, 80), ([settings, steps]) => {
        const { world, oracle } = run(settings, steps)
        heal(world, oracle)
        const ends = world.brokers.map(({ replica }) => replica.log.end)
        expect(world.registration.isr.toSorted()).toEqual(world.brokers.map(({ id }) => id))
        expect(world.brokers.map(({ replica }) => replica.log.highWatermark)).toEqual(ends)
        expect(new Set(ends).size).toBe(1)
      }),
      { numRuns: 200 },
    )
  })

  it('has come to all the places that matter', () => {
    for (const what of [
      'served',
      'diverging',
      'outOfRange',
      'fenced-leader-epoch',
      'unknown-leader-epoch',
      'stale-broker-epoch',
      'truncate',
      'restartLog',
      'leadership-lost',
      'timed-out',
      'unclean election',
      'a leader out of the ELR',
    ]) {
      expect(reached).toContain(what)
    }
  })
})
