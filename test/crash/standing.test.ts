import { describe, expect, it } from 'vitest'
import type { Durability } from '../../src/log/checkpoint-record.ts'
import type { Found } from './found.ts'
import { anomaliesAgainst, crashed, lived, nothingYet, opened, type Standing, type Standings } from './standing.ts'
import type { Told } from './told.ts'
import { lasting, plain } from './topics.ts'

const holding = (...values: readonly string[]): Found => ({
  topics: new Map(lasting.map(({ name, partitions = 1 }) => [name, partitions])),
  logs: new Map([
    [
      'plain-0',
      { topic: 'plain', partition: 0, start: 0, records: values.map((value, offset) => ({ offset, value })) },
    ],
  ]),
  committed: new Map(),
})

const acknowledged = (value: string, at: number): readonly Told[] => [
  {
    tag: 'begun',
    id: value,
    act: { kind: 'send', lane: value, records: [{ topic: plain.name, partition: 0, value }] },
  },
  { tag: 'ended', id: value, how: 'done', at: [at] },
]

/** One more life, on `found`, that has written `value` behind it. */
const life = (standings: Standings, durability: Durability, found: readonly string[], value: string): Standings =>
  lived(opened(standings, durability, holding(...found)), durability, acknowledged(value, found.length))

const lawsBroken = (standing: Standing, ...values: readonly string[]) =>
  anomaliesAgainst(standing, holding(...values)).map(({ law }) => law)

describe('what stands', () => {
  it('is all of it after a kill, and what a life in power has acknowledged after a loss of power', () => {
    const power = life(nothingYet, 'power', [], 'a')
    const both = life(power, 'process', ['a'], 'b')
    expect(lawsBroken(both.kill, 'a')).toContain('lost')
    expect(lawsBroken(both.power, 'a')).toEqual([])
    expect(lawsBroken(both.power)).toContain('lost')
  })

  it('is what a life in power has found, too, once it has opened the directory', () => {
    const process = life(nothingYet, 'process', [], 'a')
    expect(lawsBroken(process.power)).toEqual([])
    const both = life(crashed(process, 'kill'), 'power', ['a'], 'b')
    expect(lawsBroken(both.power, 'a', 'b')).toEqual([])
    expect(lawsBroken(both.power, 'a')).toContain('lost')
    expect(lawsBroken(both.power)).toContain('lost')
  })

  it('is what was left, after a loss of power: the rest does not come back', () => {
    const process = crashed(life(nothingYet, 'process', [], 'a'), 'power')
    const after = life(process, 'power', [], 'b')
    expect(lawsBroken(after.power, 'b')).toEqual([])
    expect(lawsBroken(after.power, 'b', 'a')).toContain('invented')
  })
})
