import { parseArgs } from 'node:util'
import { flightsInFile } from './flights.ts'

/** What the command line said. */
export interface Options {
  /** How many of the file's flights to use. */
  readonly rows: number
  /** How often to kill the worker. */
  readonly kills: number
  /** Where the engine keeps its data; a temporary directory where nothing was said. */
  readonly data: string | undefined
  readonly json: boolean
}

export const usage: string = `The main job: real flights through an exactly-once pipeline whose process is killed again and again.

  npm start -- [options]

  --rows N    flights to send, 1 to ${flightsInFile} (300000)
  --kills N   how often to SIGKILL the worker while it runs (5)
  --data DIR  keep the data in DIR, which must be empty or missing (a temporary directory, removed at the end)
  --json      print the result as one line of JSON on stdout
  --help      print this

Exits 1 if a record was lost, duplicated, reordered or wrong, 2 if it could not run, 3 if the work was done before the
worker had been killed so often.`

/** A command line that makes no sense; the message says what it should have been. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const wholeNumber = (option: string, text: string, { from, to }: { from: number; to: number }): number => {
  const value = Number(text.replaceAll(/[_,]/g, ''))
  if (!Number.isInteger(value) || value < from || value > to || text.trim() === '')
    throw new UsageError(`--${option} takes a whole number from ${from} to ${to}, not '${text}'`)
  return value
}

/** The options in `args`, or `'help'` where they ask for it. Throws {@link UsageError}. */
export const readOptions = (args: readonly string[]): Options | 'help' => {
  const { values } = (() => {
    try {
      return parseArgs({
        args: [...args],
        options: {
          rows: { type: 'string', default: '300000' },
          kills: { type: 'string', default: '5' },
          data: { type: 'string' },
          json: { type: 'boolean', default: false },
          help: { type: 'boolean', short: 'h', default: false },
        },
      })
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error))
    }
  })()
  if (values.help) return 'help'
  return {
    rows: wholeNumber('rows', values.rows, { from: 1, to: flightsInFile }),
    kills: wholeNumber('kills', values.kills, { from: 0, to: 1000 }),
    data: values.data,
    json: values.json,
  }
}
