import type { Clock } from '../../contracts/clock.ts'

/** As Kafka's log.retention.check.interval.ms. */
const intervalMs = 5 * 60 * 1000

/**
 * Calls `maintain` now and then, never twice at a time. Answers how to stop it, and then waits for a call that is under
 * way. What it fails with, readers and writers of the partition learn by themselves.
 */
export const startMaintenance = (clock: Clock, maintain: () => Promise<unknown>): (() => Promise<void>) => {
  let stopTimer: (() => void) | undefined
  let round: Promise<unknown> = Promise.resolve()
  const later = (): void => {
    stopTimer = clock.after(intervalMs, () => {
      round = maintain()
        .catch(() => undefined)
        .finally(() => {
          if (stopTimer !== undefined) later()
        })
    })
  }
  later()
  return async () => {
    stopTimer?.()
    stopTimer = undefined
    await round
  }
}
