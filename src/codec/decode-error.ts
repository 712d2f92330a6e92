import * as E from 'fp-ts/lib/Either.js'
import type { DecodeError } from '../contracts/codec.ts'
import { isPromise } from './is-promise.ts'

/** No report is longer than this: a list of a million bad entries must not become a million lines. */
export const maxReportLines = 20
/** Characters that a value may take up in a message. */
export const maxShownCharacters = 80
/** Characters that a function's name may. */
const maxShownNames = 60

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

/** `value` as a message shows it: short, on one line, so that `"16"` and `16` differ, and whatever it is without throwing. */
export const shown = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return cut(JSON.stringify(cut(value, maxShownCharacters)), maxShownCharacters)
    case 'bigint':
      return cut(`${value}n`, maxShownCharacters)
    case 'function':
      return shownFunction(value)
    case 'object':
      return value === null ? 'null' : shownObject(value)
    default:
      return cut(String(value), maxShownCharacters)
  }
}

/** With the way out, which is the same wherever one was left. */
export const aPromise = 'a promise (await it, or use mapAsync)'

const shownFunction = (value: { readonly name: unknown }): string =>
  typeof value.name === 'string' && value.name !== '' ? `the function ${cut(value.name, maxShownNames)}` : 'a function'

const shownObject = (value: object): string => {
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (isPromise(value)) return aPromise
  if (value instanceof Map || value instanceof Set) return `a ${value instanceof Map ? 'Map' : 'Set'} of ${value.size}`
  if (value instanceof Date) return 'a Date'
  return 'an object'
}

/** What was thrown, as one line. */
export const thrownMessage = (thrown: unknown): string =>
  thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `threw ${shown(thrown)}`
