import { asText } from './as-text.ts'
import { type Extent, firstDifference } from './difference.ts'

/** Something is not what a law says. Its message says what was expected, what was got, and where they first differ. */
export class Unequal extends Error {
  override readonly name = 'Unequal'
  readonly actual: unknown
  readonly expected: unknown
  constructor(message: string, actual: unknown, expected: unknown) {
    super(message)
    this.actual = actual
    this.expected = expected
  }
}

/** `got` is the same plain data as `expected`. `what` says what is compared, where the values do not. */
export const equal = (got: unknown, expected: unknown, what?: string): void => compare(got, expected, 'whole', what)

/** `got` has all that `expected` has, and may have more fields. */
export const matches = (got: unknown, expected: unknown, what?: string): void => compare(got, expected, 'part', what)

/** `got` is another value than `unwanted`. */
export const differs = (got: unknown, unwanted: unknown, what?: string): void => {
  if (Object.is(got, unwanted)) throw new Unequal(told(what, `anything but ${asText(unwanted)}`, got), got, unwanted)
}

/** A text has this part, or a list this entry. */
export const contains = <A>(got: string | readonly A[], expected: A & (string | number), what?: string): void => {
  const has = typeof got === 'string' ? got.includes(String(expected)) : got.includes(expected)
  if (!has) throw new Unequal(told(what, `something with ${asText(expected)} in it`, got), got, expected)
}

/** A list has so many entries. */
export const hasLength = (got: readonly unknown[] | undefined, expected: number, what?: string): void => {
  if (got?.length !== expected) throw new Unequal(told(what, `${expected} entries`, got), got?.length, expected)
}

/** Limits of a number; what is not named is open. */
export interface Limits {
  readonly above?: number
  readonly from?: number
  readonly below?: number
}

/** A number lies within limits. */
export const inRange = (got: number | undefined, { above, from, below }: Limits, what?: string): void => {
  const isWithin =
    got !== undefined &&
    (above === undefined || got > above) &&
    (from === undefined || got >= from) &&
    (below === undefined || got < below)
  const limits = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(from === undefined ? [] : [`at least ${from}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ].join(' and ')
  if (!isWithin) throw new Unequal(told(what, `a number ${limits}`, got), got, limits)
}

const compare = (got: unknown, expected: unknown, extent: Extent, what: string | undefined): void => {
  const difference = firstDifference(got, expected, extent)
  if (difference === undefined) return
  const { path } = difference
  const first =
    path === '' ? '' : `\nfirst at ${path}: expected ${asText(difference.expected)}, got ${asText(difference.got)}`
  throw new Unequal(`${told(what, asText(expected), got)}${first}`, got, expected)
}

const told = (what: string | undefined, expected: string, got: unknown): string =>
  `${what === undefined ? '' : `${what}: `}expected ${expected}, got ${asText(got)}`
