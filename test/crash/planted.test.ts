import { describe, expect, it } from 'vitest'
import type { Law } from './laws/anomaly.ts'
import { planted } from './planted.ts'
import type { Actor } from './program/work.ts'
import { type SimulatedLife, simulate } from './simulated.ts'

type Broken = readonly [string, Law, readonly SimulatedLife[], readonly Actor[]]

const unpowered = { durability: 'power', crash: 'power' } as const
const killed = { durability: 'process', crash: 'kill' } as const

const broken: readonly Broken[] = [
  ['a retry is written twice', 'doubled', [killed], ['producing']],
  ['an acknowledgement comes before the sync', 'lost', [unpowered], ['sending']],
  ['a commit is answered before it is made', 'lost', [unpowered], ['marking']],
  ['offsets are committed outside of the transaction', 'offsets', [unpowered], ['sending', 'copying']],
  ['outputs are committed before their offsets', 'offsets', [killed], ['sending', 'totalling']],
  ['what was given up is committed', 'aborted', [killed], ['marking']],
  ['recovery drops the tail', 'lost', [killed], ['sending']],
  ['what was found is taken for durable', 'lost', [killed, unpowered], ['sending']],
]

describe('the laws find a fault that was planted', () => {
  it.each(broken)('%s', async (name, law, lives, cast) => {
    const fault = planted[name]
    if (fault === undefined) throw new Error(`no fault is called '${name}'`)
    const { anomalies } = await simulate({ seed: 2, lives, cast, acts: 4, doubleEvery: 0, planted: fault })
    expect(anomalies.map(({ law: broken }) => broken)).toContain(law)
  })
})
