import { describe, expect, it } from 'vitest'
import type { Law } from './laws/anomaly.ts'
import { planted } from './planted.ts'
import { simulate } from './simulated.ts'

const broken: readonly (readonly [string, readonly Law[], 'power' | 'process', 'power' | 'kill'])[] = [
  ['a retry is written twice', ['doubled'], 'process', 'kill'],
  ['an acknowledgement comes before the sync', ['lost'], 'process', 'power'],
  ['a commit is answered before it is made', ['lost'], 'power', 'power'],
  ['offsets are committed outside of the transaction', ['offsets'], 'power', 'power'],
  ['outputs are committed before their offsets', ['offsets'], 'process', 'kill'],
  ['what was given up is committed', ['aborted'], 'process', 'kill'],
  ['recovery drops the tail', ['lost'], 'process', 'kill'],
]

describe('the laws find a fault that was planted', () => {
  it.each(broken)('%s', async (name, laws, durability, crash) => {
    const fault = planted[name]
    if (fault === undefined) throw new Error(`no fault is called '${name}'`)
    const cast = ['sending', 'marking', 'copying', 'totalling'] as const
    const run = { seed: 1, durability, crash, cast, acts: 6, lives: 1, doubleEvery: 0, planted: fault } as const
    const { anomalies } = await simulate(run)
    expect(anomalies.map(({ law }) => law)).toEqual(expect.arrayContaining([...laws]))
  })
})
