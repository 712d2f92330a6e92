import { parseArgs } from 'node:util'

/** What the command line said. */
export interface Options {
  readonly minutes: number
  /** How many processes must have been killed by then. */
  readonly kills: number
  /** `undefined`: another one each time. */
  readonly seed: number | undefined
  readonly json: boolean
}

export const usage: string = `Crashes programs, and holds what is left against what they were told.

  npm run crash -- [options]

  --minutes N  how long to go on, in minutes; 0.5 will do (10)
  --kills N    fail where fewer than N processes were killed by then (0)
  --seed N     repeat a run: the same programs, moments and losses of power, as far as processes can be repeated
  --json       print the result as one line of JSON on stdout
  --help       print this

Processes are killed at random moments while they produce, commit, give up, copy, fold, compact and open; on disks that
are full now and then, on a small disk (as root), and with too little memory. Scripted runs lose power, or are killed,
at every write and every sync of a simulated disk, and again while they recover.

Exits 1 if anything was lost, doubled, invented, torn or out of order, or did not open, and keeps the directory, and if
there were too few kills; 2 if it could not run.`

/** A command line that makes no sense; the message says what it should have been. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The options in `args`, or `'help'` where they ask for it. Throws {@link UsageError}. */
export const readOptions = (args: readonly string[]): Options | 'help' => {
  const values = parsed(args)
  if (values.help) return 'help'
  const minutes = Number(values.minutes)
  if (!(minutes > 0 && minutes <= 10_000))
    throw new UsageError(`--minutes takes a number above 0, not '${values.minutes}'`)
  const seed = values.seed === undefined ? undefined : Number(values.seed)
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31))
    throw new UsageError(`--seed takes a whole number from 0 to ${2 ** 31 - 1}, not '${values.seed}'`)
  const kills = Number(values.kills)
  if (!(Number.isInteger(kills) && kills >= 0 && values.kills.trim() !== ''))
    throw new UsageError(`--kills takes a whole number, not '${values.kills}'`)
  return { minutes, kills, seed, json: values.json }
}

const parsed = (args: readonly string[]) => {
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean', default: false } as const
    return parseArgs({
      args: [...args],
      options: {
        minutes: { ...text, default: '10' },
        kills: { ...text, default: '0' },
        seed: text,
        json: flag,
        help: { ...flag, short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
