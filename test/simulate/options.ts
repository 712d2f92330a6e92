import { presets } from '../../src/engines/simulated/faults/fault.ts'
import { checkFaults } from '../../src/testing/check-faults.ts'
import type { Faults } from '../../src/testing/index.ts'
import { longRunOptions, minutesIn, parsedArgs, seedIn, UsageError } from '../support/long-run/command-line.ts'

/** What the command line said. */
export interface Options {
  readonly minutes: number
  /** `undefined`: another one each time. */
  readonly seed: number | undefined
  readonly faults: Faults
  /** These programs; all where none is named. */
  readonly programs: readonly string[]
  /** A run to make again, of the one program that is named. */
  readonly replay: string | undefined
  readonly mutants: boolean
  readonly json: boolean
}

/** `names`: of the programs that there are. */
export const usage = (
  names: readonly string[],
): string => `Runs our own programs in a simulated cluster under faults, and holds what comes of it against what is promised.

  npm run simulate -- [options]

  --minutes N     how long to go on, in minutes; 0.5 will do (10)
  --seed N        repeat a run: the same programs, inputs and faults in the same order
  --faults NAMES  presets (${Object.keys(presets).join(', ')}) and faults by name with commas between them, each fault with how
                  many times it comes in a run, if you like: rough,disk-full=3 (jepsen)
  --program NAME  only this one; may be given several times. ${names.join(', ')}
  --replay LINE   make the run again that a failure has printed, of the --program that it names
  --no-mutants    leave out the check that planted mistakes are found
  --json          print the result as one line of JSON on stdout
  --help          print this

Exits 1 if a promise was not kept, a planted mistake was not found, or a situation that runs must come into was never
reached; 2 if it could not run.`

/** The options in `args`, or `'help'` where they ask for it. Throws {@link UsageError}. */
export const readOptions = (args: readonly string[], names: readonly string[]): Options | 'help' => {
  const values = parsedArgs(args, {
    ...longRunOptions,
    faults: { type: 'string', default: 'jepsen' },
    program: { type: 'string', multiple: true, default: [] },
    replay: { type: 'string' },
    'no-mutants': { type: 'boolean', default: false },
  })
  if (values.help) return 'help'
  const minutes = minutesIn(values.minutes)
  const seed = seedIn(values.seed)
  const { program: programs, replay } = values
  const unknown = programs.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new UsageError(`there is no program '${unknown}': there are ${names.join(', ')}`)
  if (replay !== undefined && programs.length !== 1)
    throw new UsageError('--replay makes a run of one program again: name it with --program, as the failure did')
  return {
    minutes,
    seed,
    faults: faultsOf(values.faults),
    programs,
    replay,
    mutants: !values['no-mutants'],
    json: values.json,
  }
}

const faultsOf = (text: string): Faults => {
  const faults = text.split(',').map((one) => {
    const [name = '', times] = one.split('=')
    return times === undefined ? name : { [name]: Number(times) }
  })
  try {
    checkFaults('--faults', faults)
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error
  }
  return (faults.length === 1 ? faults[0] : faults) as Faults
}
