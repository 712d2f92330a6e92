import { InvalidArgumentError } from 'commander'

/** Readers of what stands behind a flag. They throw what commander turns into a complaint that names the flag. */

/** Whether `text` is a whole number that is not rounded. */
export const isWhole = (text: string): boolean => /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text))

/** A whole number from `least` on. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    if (isWhole(text) && Number(text) >= least) return Number(text)
    throw new InvalidArgumentError(`It takes a whole number from ${least}.`)
  }

/** `0`, or `0,2,3`; may be given again. */
export const partitionNumbers = (text: string, before: readonly number[] = []): readonly number[] => [
  ...before,
  ...text.split(',').map(wholeNumber(0)),
]

/** What may be named once: of two, one would be passed over in silence. */
export const once = (text: string, before?: string): string => {
  if (before === undefined) return text
  throw new InvalidArgumentError(`It takes one, and has '${before}' already.`)
}

/** Gathers what is given again and again. */
export const gathered = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]

/** `name=value`; may be given again. */
export const settings = (
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It takes NAME=VALUE.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

/** Milliseconds since the epoch, or a date and time of ISO 8601, which is UTC where it names no zone. */
export const moment = (text: string): number => {
  if (/^\d{11,}$/.test(text)) return Number(text)
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text)
  const hasZone = !text.includes('T') || /(Z|[+-]\d\d:?\d\d)$/.test(text)
  const ms = isDate ? Date.parse(hasZone ? text : `${text}Z`) : Number.NaN
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It takes 2026-01-31T12:00:00, or milliseconds since the epoch.')
  return ms
}

/** `PT1H30M` as ISO 8601 has it, or `1h30m`: milliseconds. Days have 24 hours. */
export const duration = (text: string): number => {
  const parts = /^P?(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/i.exec(text)
  const [days, hours, minutes, seconds] = (parts ?? []).slice(1)
  if ([days, hours, minutes, seconds].every((part) => part === undefined))
    throw new InvalidArgumentError('It takes a duration: PT1H30M, or 1h30m.')
  const [d, h, m, s] = [days, hours, minutes, seconds].map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ]
  return (((d * 24 + h) * 60 + m) * 60 + s) * 1_000
}

/** `100/s`: so many in a time. */
export const rate = (text: string): string => {
  const [, amount] = /^(\d+(?:\.\d+)?)\/[smh]$/.exec(text) ?? []
  if (Number(amount) > 0) return text
  throw new InvalidArgumentError('It takes a rate: 100/s, 600/m or 10/h.')
}

/** Text in which `\t`, `\n`, `\r`, `\\` and `\xNN` may stand for what a shell is loath to pass. */
export const unescaped = (text: string): string =>
  text.replaceAll(/\\(?:([tnr\\])|x([0-9a-fA-F]{2}))/g, (_all, letter: string | undefined, hex: string | undefined) =>
    letter === undefined ? String.fromCharCode(Number.parseInt(hex ?? '', 16)) : (letters[letter] ?? letter),
  )

/** What parts two fields: {@link unescaped}, and something. */
export const separator = (text: string): string => {
  if (text !== '') return unescaped(text)
  throw new InvalidArgumentError('It takes a character, or several: leave it out where records have no key.')
}

const letters: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' }
