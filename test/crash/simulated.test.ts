import { describe, expect, it } from 'vitest'
import { allActors } from './program/work.ts'
import { type SimulatedRun, simulate } from './simulated.ts'

const alone = { lives: 1, doubleEvery: 2 } as const
const runs: readonly SimulatedRun[] = [
  { ...alone, seed: 1, durability: 'power', crash: 'power', acts: 3, cast: ['sending', 'producing', 'trimming'] },
  { ...alone, seed: 2, durability: 'power', crash: 'power', acts: 3, cast: ['replacing', 'comingAndGoing'] },
  { ...alone, seed: 3, durability: 'power', crash: 'power', acts: 3, cast: ['marking', 'transacting', 'copying'] },
  { ...alone, seed: 4, durability: 'power', crash: 'power', acts: 2, cast: ['sending', 'marking', 'totalling'] },
  { seed: 5, durability: 'process', crash: 'kill', acts: 1, cast: allActors, lives: 2, doubleEvery: 4 },
  {
    seed: 6,
    durability: 'power',
    crash: 'kill',
    acts: 2,
    cast: ['marking', 'copying', 'totalling'],
    lives: 2,
    doubleEvery: 4,
  },
]

/** Hundreds of crashes, each with its openings. */
const timeout = 180_000

describe('a crash at every write and every sync, and another while it recovers', () => {
  it.each(runs)(
    'loses nothing acknowledged, doubles and tears nothing: $durability, $crash, $cast',
    async (run) => {
      expect((await simulate(run)).anomalies).toEqual([])
    },
    timeout,
  )

  it(
    'leaves what opens, in order and without doubles, where the power goes and nobody promised more',
    async () => {
      const cast = ['sending', 'marking', 'totalling'] as const
      const run = { seed: 7, durability: 'process', crash: 'power', acts: 2, cast, lives: 1, doubleEvery: 4 } as const
      expect((await simulate(run)).anomalies).toEqual([])
    },
    timeout,
  )
})
