import { randomFillSync } from 'node:crypto'
import type { Clock } from '../contracts/clock.ts'
import type { Random } from '../contracts/random.ts'

const longestDelayMs = 2 ** 31 - 1

/** The machine's own time. With {@link systemRandom}, the one place that reads it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (delayMs, ring, hold = false) => {
    if (delayMs <= 0) return soon(ring, hold)
    const timer = setTimeout(ring, Math.min(delayMs, longestDelayMs))
    if (!hold) timer.unref()
    return () => clearTimeout(timer)
  },
}

const atNextTurn = setImmediate

/** Resolves once all that promises can do by themselves is done, whatever has become of the global timers since. */
export const systemSettle = (): Promise<void> => new Promise((resolve) => void atNextTurn(resolve))

/** At the loop's next turn: a timer of no time at all takes a millisecond. */
const soon = (ring: () => void, hold: boolean): (() => void) => {
  const turn = setImmediate(ring)
  if (!hold) turn.unref()
  return () => clearImmediate(turn)
}

/** The machine's own randomness. */
export const systemRandom: Random = {
  next: () => Math.random(),
  id: () => randomFillSync(new Uint8Array(16)),
}

/** A line on stderr, unless the program listens for warnings or has switched them off. */
export const systemWarning = (message: string): void => process.emitWarning(message, 'MillraceWarning')
