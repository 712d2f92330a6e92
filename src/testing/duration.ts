import { type Duration as DurationText, durationMs as durationTextMs } from '../codec/duration.ts'

/** A time, in words: `250ms`, `30s`, `5m`, `1h`, `7d`; or in milliseconds. */
export type Duration = number | DurationText

/**
 * In milliseconds.
 *
 * **Errors** throws a `TypeError` for what is none, or is negative.
 */
export const durationMs = (what: string, duration: Duration): number =>
  typeof duration === 'number' && duration >= 0 && Number.isFinite(duration)
    ? duration
    : durationTextMs(what, duration as DurationText, 'milliseconds, or ')
