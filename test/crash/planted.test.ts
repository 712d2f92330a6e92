import { describe, expect, it } from 'vitest'
import type { Law } from './laws/anomaly.ts'
import { planted } from './planted.ts'
import type { Actor } from './program/work.ts'
import { type SimulatedRun, simulate } from './simulated.ts'

const broken: readonly (readonly [string, Law, SimulatedRun['durability'], SimulatedRun['crash'], readonly Actor[]])[] =
  [
    ['a retry is written twice', 'doubled', 'process', 'kill', ['producing']],
    ['an acknowledgement comes before the sync', 'lost', 'process', 'power', ['sending']],
    ['a commit is answered before it is made', 'lost', 'power', 'power', ['marking']],
    ['offsets are committed outside of the transaction', 'offsets', 'power', 'power', ['sending', 'copying']],
    ['outputs are committed before their offsets', 'offsets', 'process', 'kill', ['sending', 'totalling']],
    ['what was given up is committed', 'aborted', 'process', 'kill', ['marking']],
    ['recovery drops the tail', 'lost', 'process', 'kill', ['sending']],
  ]

describe('the laws find a fault that was planted', () => {
  it.each(broken)('%s', async (name, law, durability, crash, cast) => {
    const fault = planted[name]
    if (fault === undefined) throw new Error(`no fault is called '${name}'`)
    const run = { seed: 1, durability, crash, cast, acts: 4, lives: 1, doubleEvery: 0, planted: fault } as const
    const { anomalies } = await simulate(run)
    expect(anomalies.map(({ law: broken }) => broken)).toContain(law)
  })
})
