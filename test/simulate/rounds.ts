import { DeliveryError, deliverySemantics, type Faults } from '../../src/testing/index.ts'
import type { Planted } from './mutants.ts'
import type { Program } from './program.ts'
import { type Anomaly, emptyTally, type Tally } from './tally.ts'

/** How many runs are made of a program before it is the next one's turn. */
const batchRuns = 10

const failureOf = async (run: Promise<unknown>): Promise<DeliveryError | undefined> => {
  try {
    await run
    return undefined
  } catch (error) {
    if (error instanceof DeliveryError) return error
    throw error
  }
}

/** Some runs of a program, each another way. */
export const runBatch = async ({ name, options }: Program, faults: Faults, seed: number): Promise<Tally> => {
  let tally: Tally = emptyTally
  const failure = await failureOf(
    deliverySemantics({ ...options, faults, seed, runs: batchRuns }).then(({ runs, steps, virtualMs, reached }) => {
      tally = {
        ...emptyTally,
        runs,
        steps,
        virtualMs,
        reached: Object.fromEntries([...reached].map((goal) => [goal, 1])),
      }
    }),
  )
  return failure === undefined ? tally : { ...emptyTally, runs: batchRuns, anomalies: [anomalyOf(name, failure)] }
}

/** Makes a run again; answers what was not kept in it. */
export const runAgain = async ({ name, options }: Program, replay: string): Promise<Anomaly | undefined> => {
  const failure = await failureOf(deliverySemantics({ ...options, replay }))
  return failure === undefined ? undefined : anomalyOf(name, failure)
}

const anomalyOf = (program: string, { message, replay }: DeliveryError): Anomaly => ({ program, message, replay })

/** How a planted mistake shows, within as many runs as it has; nothing where it does not. */
export const findPlanted = ({ program, faults, runs }: Planted, seed: number): Promise<DeliveryError | undefined> =>
  failureOf(deliverySemantics({ ...program.options, faults, runs, seed, shrink: false }))

/** Whether each of them is found. */
export const checkPlanted = async (all: readonly Planted[], seed: number): Promise<Tally> => {
  const uncaught: string[] = []
  for (const planted of all)
    if ((await findPlanted(planted, seed)) === undefined)
      uncaught.push(`'${planted.name}' was not found in ${planted.runs} runs of '${planted.program.name}'`)
  return { ...emptyTally, mutants: all.length, mutantsCaught: all.length - uncaught.length, uncaught }
}
