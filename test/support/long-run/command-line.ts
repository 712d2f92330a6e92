import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/** A command line that makes no sense; the message says what it should have been. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What every long run may be told. */
export const longRunOptions = {
  minutes: { type: 'string', default: '10' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const

type Parsed<O extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<{ options: O }>>['values']

/** The values of `options` in `args`. Throws {@link UsageError}. */
export const parsedArgs = <const O extends ParseArgsOptionsConfig>(args: readonly string[], options: O): Parsed<O> => {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** How long to go on. Throws {@link UsageError}. */
export const minutesIn = (text: string): number => {
  const minutes = Number(text)
  if (!(minutes > 0 && minutes <= 10_000)) throw new UsageError(`--minutes takes a number above 0, not '${text}'`)
  return minutes
}

/** Nothing where nothing is said. Throws {@link UsageError}. */
export const seedIn = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const seed = Number(text)
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31))
    throw new UsageError(`--seed takes a whole number from 0 to ${2 ** 31 - 1}, not '${text}'`)
  return seed
}

/** Exits 1 where `run` is not sound, and 2 where it could not run; says how to, where the command line made no sense. */
export const runFromCommandLine = async (usage: string, run: () => Promise<boolean>): Promise<void> => {
  try {
    if (!(await run())) process.exitCode = 1
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error)
    process.exitCode = 2
  }
}
