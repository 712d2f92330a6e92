import { randomFillSync } from 'node:crypto'
import type { Clock } from '../contracts/clock.ts'
import type { Random } from '../contracts/random.ts'

const longestDelayMs = 2 ** 31 - 1

/** The machine's own time. With {@link systemRandom}, the one place that reads it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (delayMs, ring, hold = false) => {
    const timer = setTimeout(ring, Math.min(delayMs, longestDelayMs))
    if (!hold) timer.unref()
    return () => clearTimeout(timer)
  },
}

/** The machine's own randomness. */
export const systemRandom: Random = {
  next: () => Math.random(),
  id: () => randomFillSync(new Uint8Array(16)),
}
