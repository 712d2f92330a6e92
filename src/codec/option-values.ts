import { given } from './arguments.ts'

/** Refuses a choice that is none; `undefined` leaves it to its default. */
export const checkChoice = (what: string, option: string, value: unknown, choices: readonly string[]): void => {
  if (value === undefined || choices.includes(value as string)) return
  const listed = choices.map((choice) => `'${choice}'`).join(', ')
  throw new TypeError(`${what}: ${option} is one of ${listed}, and not ${given(value)}`)
}

/** Refuses a whole number that is none; `undefined` leaves it to its default. */
export const checkCount = (what: string, option: string, value: unknown, least: number): void => {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= least)) return
  throw new TypeError(
    `${what}: ${option} is a whole number of at least ${least}, and not ${given(value)}${textHint(value)}`,
  )
}

/** What comes out of the environment or a file is text. */
export const textHint = (value: unknown): string =>
  typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
    ? `, which is text: make a number of it, with Number(…)`
    : ''
