import type { Clock } from '../contracts/clock.ts'

/**
 * The time by `clock`, in milliseconds since the epoch, as it goes on where that is set back: then it counts from what it
 * said before. What was due by it stays due, and nothing that begins to wait by it is early.
 */
export const steadyClock = ({ now, elapsed }: Clock): (() => number) => {
  let lastMs = now()
  let lastElapsedMs = elapsed()
  return () => {
    const elapsedMs = elapsed()
    lastMs = Math.max(now(), lastMs + Math.floor(elapsedMs - lastElapsedMs))
    lastElapsedMs += Math.floor(elapsedMs - lastElapsedMs)
    return lastMs
  }
}
