import { given } from './arguments.ts'

/** A time in words: `250ms`, `30s`, `5m`, `1h`, `7d`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * `duration` in milliseconds. `or` says what else the caller takes, for the message.
 *
 * **Errors** throws a `TypeError` for what is none, or is negative.
 */
export const durationMs = (what: string, duration: Duration, or = ''): number => {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration)) ?? []
  if (typeof duration === 'string' && count !== undefined && unit !== undefined)
    return Number(count) * (unitsMs[unit] ?? 1)
  throw new TypeError(`${what} takes a time: ${or}'250ms', '30s', '5m', '1h', '7d', and not ${given(duration)}`)
}
