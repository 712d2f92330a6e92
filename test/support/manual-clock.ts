import type { Clock } from '../../src/contracts/clock.ts'

/** A clock that stands still until it is set. Timers ring at once, in a task of their own. */
export interface ManualClock extends Clock {
  ms: number
}

export const manualClock = (ms = 1_000_000): ManualClock => {
  const clock: ManualClock = {
    ms,
    now: () => clock.ms,
    elapsed: () => clock.ms,
    after: (_delayMs, ring) => {
      const immediate = setImmediate(ring)
      return () => clearImmediate(immediate)
    },
  }
  return clock
}
