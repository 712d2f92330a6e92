/** A worker of `npm run simulate`: goes on with its share until the time is over. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Faults } from '../../src/testing/index.ts'
import { type Hunt, hunts } from './goals.ts'
import { planted } from './mutants.ts'
import { programs } from './programs/all.ts'
import { checkPlanted, runBatch } from './rounds.ts'
import type { Tally } from './tally.ts'

export interface Share {
  readonly seed: number
  readonly faults: Faults
  readonly programs: readonly string[]
  /** Which of the lanes it is, and how many there are. */
  readonly lane: number
  readonly lanes: number
  readonly mutants: boolean
  /** Whether what is rare is looked for: until it is found, in as much time again at most. */
  readonly hunts: boolean
  readonly forMs: number
}

/** How many runs a hunt makes at a time. */
const huntRuns = 5

const work = async (share: Share, tell: (tally: Tally) => void): Promise<void> => {
  const { seed, faults, lane, lanes, forMs } = share
  const begun = performance.now()
  const isMine = (_: unknown, at: number) => at % lanes === lane
  const chosen = programs.filter(({ name }) => share.programs.length === 0 || share.programs.includes(name))
  for (const one of share.mutants ? planted.filter(isMine) : []) tell(await checkPlanted(one, seed))
  let hunting = share.hunts ? hunts.filter(isMine) : []
  for (let batch = lane; hunting.length > 0 && performance.now() - begun < 2 * forMs; batch += lanes) {
    // each that is not over yet in its turn
    const [next, ...others] = hunting as [Hunt, ...Hunt[]]
    const tally = await runBatch({ ...next.program, batchRuns: huntRuns }, next.faults, (seed + batch) % 2 ** 31)
    tell(tally)
    hunting = [...others, next].flatMap((one) => stillHunting(one, tally))
  }
  let batch = lane
  do {
    const program = chosen[batch % chosen.length]
    if (program !== undefined) tell(await runBatch(program, faults, (seed + batch) % 2 ** 31))
    batch += lanes
  } while (performance.now() - begun < forMs)
}

/** What is left of a hunt. */
const stillHunting = (hunt: Hunt, { reached }: Tally): readonly Hunt[] => {
  const goals = hunt.goals.filter((goal) => reached[goal] === undefined)
  return goals.length === 0 ? [] : [{ ...hunt, goals }]
}

if (parentPort !== null) {
  const port = parentPort
  await work(workerData as Share, (tally) => port.postMessage(tally))
}
