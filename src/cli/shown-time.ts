import { shownDrain } from './groups/time-to-drain.ts'

/** In UTC, to the millisecond. */
export const shownTime = (ms: number): string => {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString()
}

/** `2h05m`; `overdue 2h05m` where that is over. */
export const shownWait = (ms: number): string => (ms > 0 ? shownDrain(ms) : `overdue ${shownDrain(-ms)}`)
