/** A worker of `npm run simulate`: goes on with its share until the time is over. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Faults } from '../../src/testing/index.ts'
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
  readonly forMs: number
}

const work = async (share: Share, tell: (tally: Tally) => void): Promise<void> => {
  const { seed, faults, lane, lanes, forMs } = share
  const begun = performance.now()
  const chosen = programs.filter(({ name }) => share.programs.length === 0 || share.programs.includes(name))
  const mine = share.mutants ? planted.filter((_, at) => at % lanes === lane) : []
  for (const one of mine) tell(await checkPlanted(one, seed))
  let batch = lane
  do {
    const program = chosen[batch % chosen.length]
    if (program !== undefined) tell(await runBatch(program, faults, (seed + batch) % 2 ** 31))
    batch += lanes
  } while (performance.now() - begun < forMs)
}

if (parentPort !== null) {
  const port = parentPort
  await work(workerData as Share, (tally) => port.postMessage(tally))
}
