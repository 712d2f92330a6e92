import { describe, expect, it } from 'vitest'
import { allActors } from './program/work.ts'
import { described, type SimulatedLife, type SimulatedRun, simulate } from './simulated.ts'

const toPower = { durability: 'power', crash: 'power' } as const
const toKill = { durability: 'power', crash: 'kill' } as const
const looseToKill = { durability: 'process', crash: 'kill' } as const
const looseToPower = { durability: 'process', crash: 'power' } as const
const twice = (life: SimulatedLife): readonly SimulatedLife[] => [life, life]

const alone = { lives: [toPower], doubleEvery: 2 } as const
const runs: readonly SimulatedRun[] = [
  { ...alone, seed: 1, acts: 3, cast: ['sending', 'producing', 'trimming'] },
  { ...alone, seed: 2, acts: 3, cast: ['replacing', 'comingAndGoing'] },
  { ...alone, seed: 3, acts: 3, cast: ['marking', 'transacting', 'copying'] },
  { ...alone, seed: 4, acts: 2, cast: ['sending', 'marking', 'totalling'] },
  { seed: 5, lives: twice(looseToKill), acts: 1, cast: allActors, doubleEvery: 4 },
  { seed: 6, lives: twice(toKill), acts: 2, cast: ['marking', 'copying', 'totalling'], doubleEvery: 4 },
]

/** Hundreds of crashes, each with its openings. */
const timeout = 180_000

const expectSound = async (run: SimulatedRun): Promise<void> => expect((await simulate(run)).anomalies).toEqual([])
const named = (all: readonly SimulatedRun[]) => all.map((run) => [described(run), run] as const)

describe('a crash at every write and every sync, and another while it recovers', () => {
  it.each(named(runs))(
    'loses nothing acknowledged, doubles and tears nothing: %s',
    (_, run) => expectSound(run),
    timeout,
  )

  it(
    'leaves what opens, in order and without doubles, where the power goes and nobody promised more',
    () =>
      expectSound({
        seed: 7,
        lives: [looseToPower],
        acts: 2,
        cast: ['sending', 'marking', 'totalling'],
        doubleEvery: 4,
      }),
    timeout,
  )

  const changing: readonly SimulatedRun[] = [
    { seed: 8, lives: [looseToKill, toPower], acts: 1, cast: ['sending', 'marking'], doubleEvery: 4 },
    { seed: 9, lives: [toKill, looseToPower], acts: 1, cast: ['sending', 'comingAndGoing', 'marking'], doubleEvery: 4 },
    { seed: 10, lives: [looseToPower, toPower], acts: 1, cast: ['sending', 'copying', 'trimming'], doubleEvery: 4 },
  ]
  it.each(named(changing))(
    'keeps what a life in power has acknowledged or found, where the mode is another each time: %s',
    (_, run) => expectSound(run),
    timeout,
  )
})
