import * as E from 'fp-ts/lib/Either.js'
import type { DecodeError } from '../contracts/codec.ts'

/** No report is longer than this: a list of a million bad entries must not become a million lines. */
export const maxReportLines = 20
/** Characters that a value may take up in a message. */
export const maxShownCharacters = 80

/** A refusal to read, as a `Left`: `report` a line each, cut to {@link maxReportLines}. */
export const undecodable = (codec: string, report: readonly string[]): E.Either<DecodeError, never> =>
  E.left({
    _tag: 'DecodeError',
    codec,
    report:
      report.length <= maxReportLines
        ? report
        : [...report.slice(0, maxReportLines - 1), `and ${report.length - maxReportLines + 1} more`],
  })

/** `text` in at most `limit` characters; three dots say that something was cut. Never cuts a surrogate pair. */
export const cut = (text: string, limit: number): string =>
  text.length <= limit
    ? text
    : `${text
        .slice(0, limit - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`

/** `value` as a message shows it: short, on one line, and whatever it is without throwing. */
export const shown = (value: unknown): string => {
  if (typeof value === 'string') return cut(JSON.stringify(cut(value, maxShownCharacters)), maxShownCharacters)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (typeof value !== 'object' || value === null) return cut(String(value), maxShownCharacters)
  if (Array.isArray(value)) return `an array of ${value.length}`
  return 'an object'
}

/** What was thrown, as one line. */
export const thrownMessage = (thrown: unknown): string =>
  thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `threw ${shown(thrown)}`
