import * as fc from 'fast-check'
import { refuseUnknownOptions } from '../../codec/known-options.ts'
import { checkCount } from '../../codec/option-values.ts'
import { restOf, weightOf } from './share.ts'

/** When a record is sent, and how long before that it happened. */
export interface Moment {
  /** Milliseconds after the record before it. */
  readonly afterMs: number
  /** By how much its timestamp is before the time of its sending. */
  readonly lateMs?: number
}

export interface ArbitraryScheduleOptions {
  /** Milliseconds between two records that come at their usual pace, on average; 100 where nothing is said. */
  readonly everyMs?: number
  /** The share of records that come at once with the one before, from 0 to 1; 0.3 where nothing is said. */
  readonly bursts?: number
  /** The share of records before which there was a pause; 0.05 where nothing is said. */
  readonly pauses?: number
  /** How long a pause is at most, in milliseconds; 60,000 where nothing is said. */
  readonly pauseMs?: number
  /** The share of records that come late, so that timestamps are out of order; 0 where nothing is said. */
  readonly late?: number
  /** How late they are at most, in milliseconds; 10,000 where nothing is said. */
  readonly lateMs?: number
}

const known = ['everyMs', 'bursts', 'pauses', 'pauseMs', 'late', 'lateMs']

/**
 * Moments at which records are sent, one after the other: at a pace, in bursts, after pauses, and late.
 *
 * Shrinks to a record that comes at once, and is not late.
 *
 * **Errors** throws a `TypeError` for options that make no sense.
 */
export const arbitrarySchedule = (options: ArbitraryScheduleOptions = {}): fc.Arbitrary<Moment> => {
  const what = 'arbitrarySchedule(…)'
  refuseUnknownOptions(what, options, known)
  const { everyMs = 100, bursts = 0.3, pauses = 0.05, pauseMs = 60_000, late = 0, lateMs = 10_000 } = options
  for (const [name, ms] of Object.entries({ everyMs, pauseMs, lateMs })) checkCount(what, name, ms, 1)
  const [burst, pause, lateness] = [
    weightOf(what, 'bursts', bursts),
    weightOf(what, 'pauses', pauses),
    weightOf(what, 'late', late),
  ]
  const afterMs = fc.oneof(
    { withCrossShrink: burst > 0 },
    { arbitrary: fc.constant(0), weight: burst },
    { arbitrary: fc.nat({ max: 2 * everyMs }), weight: restOf(burst, pause) },
    { arbitrary: fc.integer({ min: Math.min(2 * everyMs, pauseMs), max: pauseMs }), weight: pause },
  )
  if (lateness === 0) return fc.record({ afterMs })
  const isLate = fc.oneof(
    { withCrossShrink: restOf(lateness) > 0 },
    { arbitrary: fc.constant(undefined), weight: restOf(lateness) },
    { arbitrary: fc.integer({ min: 1, max: lateMs }), weight: lateness },
  )
  return fc
    .record({ afterMs, isLate })
    .map(({ afterMs, isLate }) => (isLate === undefined ? { afterMs } : { afterMs, lateMs: isLate }))
}
