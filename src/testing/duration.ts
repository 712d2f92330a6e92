import { given } from '../codec/arguments.ts'

/** A time, in words: `250ms`, `30s`, `5m`, `1h`, `7d`; or in milliseconds. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * In milliseconds.
 *
 * **Errors** throws a `TypeError` for what is none, or is negative.
 */
export const durationMs = (what: string, duration: Duration): number => {
  if (typeof duration === 'number' && duration >= 0 && Number.isFinite(duration)) return duration
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration)) ?? []
  if (typeof duration === 'string' && count !== undefined && unit !== undefined)
    return Number(count) * (unitsMs[unit] ?? 1)
  throw new TypeError(
    `${what} takes a time: milliseconds, or '250ms', '30s', '5m', '1h', '7d', and not ${given(duration)}`,
  )
}
