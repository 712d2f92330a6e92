/** `npm run simulate`: see `usage`. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { runFromCommandLine, UsageError } from '../support/long-run/command-line.ts'
import { progressLine } from '../support/long-run/progress-line.ts'
import { huntMinutes, missed } from './goals.ts'
import type { Share } from './lane.ts'
import { type Options, readOptions, usage } from './options.ts'
import { programs } from './programs/all.ts'
import { runAgain } from './rounds.ts'
import { type Anomaly, emptyTally, shown, sum, type Tally } from './tally.ts'

/** No more worlds side by side. */
const lanesMax = 8

const playOnLanes = async (share: Omit<Share, 'lane' | 'lanes'>, tell: (tally: Tally) => void): Promise<void> => {
  const lanes = Math.min(lanesMax, availableParallelism())
  const ends = Array.from({ length: lanes }, (_, lane) => {
    const worker = new Worker(new URL('./lane.ts', import.meta.url), { workerData: { ...share, lane, lanes } })
    worker.on('message', tell)
    return new Promise<void>((resolve, reject) => {
      worker.on('error', reject)
      worker.on('exit', () => resolve())
    })
  })
  await Promise.all(ends)
}

const tellOf = ({ program, message, replay }: Anomaly): void =>
  console.error(`${program}: ${message}\nnpm run simulate -- --program '${program}' --replay ${replay}\n`)

const simulate = async ({ minutes, seed: given, faults, programs, mutants, json }: Options): Promise<boolean> => {
  const seed = given ?? Math.floor(Math.random() * 2 ** 31)
  console.error(`simulating for ${minutes} min; to repeat it: npm run simulate -- --minutes ${minutes} --seed ${seed}`)
  const begun = performance.now()
  const view = progressLine(process.stderr)
  let tally = emptyTally
  // fewer programs, or other faults, come into less
  const isAll = programs.length === 0 && faults === 'jepsen'
  const hunts = isAll && minutes >= huntMinutes
  await playOnLanes({ seed, faults, programs, mutants, hunts, forMs: minutes * 60_000 }, (more) => {
    tally = sum(tally, more)
    if (more.anomalies.length + more.uncaught.length > 0) view.end()
    for (const anomaly of more.anomalies) tellOf(anomaly)
    for (const what of more.uncaught) console.error(what)
    view.show(shown(tally))
  })
  view.end()
  const seconds = (performance.now() - begun) / 1000
  const runsPerMinute = Math.round((tally.runs / seconds) * 60)
  const { runs, steps, virtualMs, anomalies, reached, mutantsCaught } = tally
  const line = {
    seed,
    seconds: Math.round(seconds),
    runs,
    steps,
    virtualMs: Math.round(virtualMs),
    anomalies: anomalies.length,
    mutants: tally.mutants,
    mutantsCaught,
    runsPerMinute,
    reached,
  }
  console.log(json ? JSON.stringify(line) : `${shown(tally)}, runs a minute ${runsPerMinute}${goalsOf(reached)}`)
  const unreached = isAll ? missed(reached, minutes) : []
  for (const goal of unreached) console.error(`never reached in ${minutes} min: ${goal}`)
  return anomalies.length + tally.uncaught.length + unreached.length === 0
}

const goalsOf = (reached: Tally['reached']): string =>
  Object.entries(reached)
    .map(([goal, times]) => `\n  ${goal}: ${times}`)
    .join('')

const replayed = async ({ programs: [name] }: Options, replay: string): Promise<boolean> => {
  const program = programs.find((one) => one.name === name)
  if (program === undefined) throw new UsageError(`there is no program '${name}'`)
  const anomaly = await runAgain(program, replay)
  if (anomaly === undefined) console.log('every promise was kept in that run')
  else console.log(anomaly.message)
  return anomaly === undefined
}

const names = programs.map(({ name }) => name)
await runFromCommandLine(usage(names), async () => {
  const options = readOptions(process.argv.slice(2), names)
  if (options === 'help') {
    console.log(usage(names))
    return true
  }
  return options.replay === undefined ? simulate(options) : replayed(options, options.replay)
})
