import { longRunOptions, minutesIn, parsedArgs, seedIn, UsageError } from '../support/long-run/command-line.ts'

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

/** The options in `args`, or `'help'` where they ask for it. Throws {@link UsageError}. */
export const readOptions = (args: readonly string[]): Options | 'help' => {
  const values = parsedArgs(args, { ...longRunOptions, kills: { type: 'string', default: '0' } })
  if (values.help) return 'help'
  const minutes = minutesIn(values.minutes)
  const seed = seedIn(values.seed)
  const kills = Number(values.kills)
  if (!(Number.isInteger(kills) && kills >= 0 && values.kills.trim() !== ''))
    throw new UsageError(`--kills takes a whole number, not '${values.kills}'`)
  return { minutes, kills, seed, json: values.json }
}
