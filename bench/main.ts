/** `npm run bench`: all measurements, or those named by `--only`; with `--json` one line of JSON each. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Measurement } from './measurement.ts'

interface SuiteOptions {
  /** How large a directory `open` opens. */
  readonly gib: number
  /** How many records `memory` sends through a pipeline. */
  readonly records: number
}

/** Each is a suite of its own: it runs in a process of its own, so that none warms up or slows down another's code. */
const suites: Readonly<Record<string, (options: SuiteOptions) => Promise<readonly Measurement[]>>> = {
  batch: async () => (await import('./batch.ts')).batchCosts(),
  log: async () => (await import('./log.ts')).logAgainstCodec(),
  runner: async () => (await import('./runner.ts')).runnerAgainstRxjs(),
  'produce-consume': async () => (await import('./produce-consume.ts')).produceConsume(),
  'read-process-write': async () => (await import('./read-process-write.ts')).readProcessWrite(),
  jobs: async () => (await import('./jobs.ts')).delayedJobs(),
  state: async () => (await import('./state.ts')).stateCosts(),
  open: async ({ gib }) => (await import('./open.ts')).openDirectories(gib),
  simulation: async () => (await import('./simulation.ts')).simulatedRuns(),
  memory: async ({ records }) => (await import('./memory.ts')).memoryOfPipeline(records),
}

/** Node sizes its young generation by the machine's memory, up to 64 MiB for each half: here it is what smaller ones get. */
const flags: Readonly<Record<string, readonly string[]>> = {
  jobs: ['--max-semi-space-size=16'],
  memory: ['--max-semi-space-size=16'],
}

const usage = `npm run bench -- [--json] [--only NAME]… [--gib N] [--records N] [--help]

  --json        a line of JSON for each measurement
  --only NAME   only this one of those below; may be given several times
  --gib N       how large a directory 'open' opens, in the temporary directory; 0.25 where nothing is said
  --records N   how many records 'memory' sends through a pipeline; 1,000,000 where nothing is said
  --help        this list

  batch                what a record costs in a batch, written and read
  log                  appending to a partition and reading it, against the batch codec alone
  runner               what a pipeline costs beside bare RxJS, on its fast path and its slow one
  produce-consume      records written and read, against SQLite
  read-process-write   records read, processed and written exactly once, against SQLite
  jobs                 jobs scheduled against SQLite, how late they are, a million that wait
  state                stores in memory and on disk: keys a second, bytes a key, and a million of them restored
  open                 how long it takes to open a directory, closed in good order or not
  simulation           runs of a pipeline in the simulated cluster, its scheduler, and how long a failing run is made small
  memory               what a process holds while records go through a pipeline`

const figure = (value: number, unit: string): string =>
  `${value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)} ${unit}`

const line = ({ name, value, unit, against, ratio, target, met }: Measurement): string =>
  [
    name.padEnd(58),
    figure(value, unit).padStart(20),
    ...(against === undefined ? [] : [`against ${against.name} ${figure(against.value, unit)}`]),
    ...(ratio === undefined ? [] : [`= ${ratio.toFixed(2)}×`]),
    ...(target === undefined ? [] : [`(target ${target}: ${met ? 'met' : 'missed'})`]),
  ].join('  ')

/** Runs a suite in a process of its own, handing over its figures as they come. */
const runAlone = async (
  suite: string,
  { gib, records }: SuiteOptions,
  onMeasured: (measured: Measurement) => void,
): Promise<void> => {
  const self = fileURLToPath(import.meta.url)
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      ...(flags[suite] ?? []),
      self,
      '--in-process',
      suite,
      '--gib',
      `${gib}`,
      '--records',
      `${records}`,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  for await (const text of createInterface({ input: child.stdout })) onMeasured(JSON.parse(text) as Measurement)
  const code = await ended
  if (code !== 0) throw new Error(`the benchmark '${suite}' ended with exit code ${code}`)
}

const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: Object.keys(suites) },
      gib: { type: 'string', default: '0.25' },
      records: { type: 'string', default: '1000000' },
      'in-process': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const options = { gib: Number(values.gib), records: Number(values.records) }
  if (!(options.gib > 0)) throw new Error(`--gib takes a number of GiB, and not '${values.gib}'.\n\n${usage}`)
  if (!(Number.isInteger(options.records) && options.records > 0))
    throw new Error(`--records takes a whole number above 0, and not '${values.records}'.\n\n${usage}`)
  const alone = values['in-process']
  if (alone !== undefined) {
    for (const measured of (await suites[alone]?.(options)) ?? []) console.log(JSON.stringify(measured))
    return
  }
  const unknown = values.only.find((name) => !(name in suites))
  if (unknown !== undefined) throw new Error(`there is no benchmark '${unknown}'.\n\n${usage}`)
  for (const suite of values.only)
    await runAlone(suite, options, (measured) => console.log(values.json ? JSON.stringify(measured) : line(measured)))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
