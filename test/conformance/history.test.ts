import { describe, expect, it } from 'vitest'
import { anomalies, type History, type Write } from './history.ts'

const at = (partition: number, value: string) => ({ topic: 't', partition, value })
const log = (...values: string[]) => values.map((value, offset) => ({ offset, value, timestamp: 0 }))
const write = (sends: Write['sends'], outcome: Write['outcome'] = 'ok', atomic = false): Write => ({
  writer: 'w',
  sends,
  outcome,
  atomic,
})
const history = (more: Partial<History>): History => ({ writes: [], polls: [], logs: new Map(), ...more })
const poll = (...values: string[]) => ({ reader: 'r', topic: 't', partition: 0, seen: log(...values), early: [] })

describe('anomalies', () => {
  it('finds none in a sound history', () => {
    const writes = [write([at(0, 'a'), at(0, 'b')]), write([at(1, 'c')], 'failed'), write([at(0, 'd')], 'unknown')]
    const sound = history({ writes, logs: new Map([['t-0', log('a', 'b')]]), polls: [poll('a'), poll()] })
    expect(anomalies(sound)).toEqual([])
  })

  const unsound: readonly (readonly [string, Partial<History>])[] = [
    ['lost', { writes: [write([at(0, 'a')])] }],
    ['duplicate', { logs: new Map([['t-0', log('a', 'a')]]) }],
    ['aborted read', { writes: [write([at(0, 'a')], 'failed')], logs: new Map([['t-0', log('a')]]) }],
    ['torn', { writes: [write([at(0, 'a'), at(1, 'b')], 'unknown', true)], logs: new Map([['t-0', log('a')]]) }],
    ['reordered', { writes: [write([at(0, 'a'), at(0, 'b')])], logs: new Map([['t-0', log('b', 'a')]]) }],
    ['poll out of line', { logs: new Map([['t-0', log('a', 'b')]]), polls: [poll('b')] }],
    ['precommitted read', { logs: new Map([['t-0', log('a')]]), polls: [{ ...poll('a'), early: ['a'] }] }],
  ]
  for (const [name, more] of unsound)
    it(`finds: ${name}`, () => expect(anomalies(history(more)).join()).toContain(name))
})
