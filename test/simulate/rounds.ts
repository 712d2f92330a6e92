import { askedFaults, presetsOf } from '../../src/testing/faults.ts'
import {
  DeliveryError,
  type DeliveryReport,
  deliverySemantics,
  type FaultName,
  type Faults,
} from '../../src/testing/index.ts'
import { beyondProcess, isMachineFault } from '../../src/testing/simulation/machine/machine-faults.ts'
import type { Planted } from './mutants.ts'
import type { Program } from './program.ts'
import { type Anomaly, emptyTally, type Tally } from './tally.ts'

/** How many runs are made of a program before it is the next one's turn. */
const batchRuns = 10

/** What it has found, where it has found something. */
const outcomeOf = async (run: Promise<DeliveryReport>): Promise<DeliveryReport | DeliveryError> => {
  try {
    return await run
  } catch (error) {
    if (error instanceof DeliveryError) return error
    throw error
  }
}

/** Some runs of a program, each another way. */
export const runBatch = async (program: Program, faults: Faults, seed: number): Promise<Tally> => {
  const { name, options, batchRuns: asked = batchRuns } = program
  const met = faultsThatMeet(program, faults)
  const outcome = await outcomeOf(deliverySemantics({ ...options, faults: met, seed, runs: asked }))
  if (outcome instanceof DeliveryError) return { ...emptyTally, runs: asked, anomalies: [anomalyOf(name, outcome)] }
  const { runs, steps, virtualMs, reached } = outcome
  return { ...emptyTally, runs, steps, virtualMs, reached: Object.fromEntries([...reached].map((goal) => [goal, 1])) }
}

/** Without those that the program is spared. Those of clusters meet no machine, nor what it does not promise to bear. */
const faultsThatMeet = ({ options: { engine, machine }, spared = [] }: Program, faults: Faults): Faults => {
  const meets = (name: FaultName) => {
    if (spared.includes(name)) return false
    if (engine !== 'embedded') return true
    return isMachineFault(name) && (machine?.durability !== 'process' || name !== beyondProcess)
  }
  return Object.fromEntries([...askedFaults(faults, presetsOf(engine ?? 'cluster'))].filter(([name]) => meets(name)))
}

/** Makes a run again; answers what was not kept in it. */
export const runAgain = async ({ name, options }: Program, replay: string): Promise<Anomaly | undefined> => {
  const outcome = await outcomeOf(deliverySemantics({ ...options, replay }))
  return outcome instanceof DeliveryError ? anomalyOf(name, outcome) : undefined
}

const anomalyOf = (program: string, { message, replay }: DeliveryError): Anomaly => ({ program, message, replay })

/** How a planted mistake breaks what it should break, within as many runs as it has; nothing where it does not. */
export const findPlanted = async (
  { program, breaks, faults, runs }: Planted,
  seed: number,
): Promise<DeliveryError | undefined> => {
  for (let left = runs, next = seed; left > 0; next++) {
    const outcome = await outcomeOf(
      deliverySemantics({ ...program.options, faults, runs: left, seed: next, shrink: false }),
    )
    if (!(outcome instanceof DeliveryError)) return undefined
    if (outcome.outcome.violations.some(({ kind }) => kind === breaks)) return outcome
    // it broke something else first: what is left goes on from another seed
    left -= runsOf(outcome)
  }
  return undefined
}

/** How many runs it took. */
const runsOf = ({ message }: DeliveryError): number => Number(/^found in run (\d+) of /m.exec(message)?.[1] ?? 1)

/** Whether it is found. */
export const checkPlanted = async (planted: Planted, seed: number): Promise<Tally> => {
  if ((await findPlanted(planted, seed)) !== undefined) return { ...emptyTally, mutants: 1, mutantsCaught: 1 }
  const { name, runs, program } = planted
  return {
    ...emptyTally,
    mutants: 1,
    uncaught: [`'${name}' was not found by '${planted.breaks}' in ${runs} runs of '${program.name}'`],
  }
}
