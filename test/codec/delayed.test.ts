import { describe, expect, it } from 'vitest'
import { delayed, topicsOf, topicsOfGroup } from '../../src/codec/delayed.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'

const target = topic('target', { key: text, value: text, partitions: 3 })

describe('delayed', () => {
  it('is plain data, with as many partitions as its target where nothing is said', () => {
    expect(delayed('later', { to: target, tiers: ['5s', '30m'] })).toEqual({
      name: 'later',
      to: target,
      tiers: ['5s', '30m'],
      partitions: 3,
    })
    expect(delayed('later', { to: target, tiers: [], partitions: 7 }).partitions).toBe(7)
  })

  it('has topics of its own, which are found by their names again', () => {
    const { commands, answers, tiers, plain, ladder, near, dead } = topicsOf(
      delayed('later', { to: target, tiers: ['5s', '1d'] }),
    )
    const moved = [commands, near, ...tiers.values(), ...plain.values(), ...ladder.values()].map(({ name }) => name)
    expect(moved).toEqual([
      'later.commands',
      'later.near',
      'later.delay-5s',
      'later.delay-1d',
      'later.plain-5s',
      'later.plain-1d',
      ...['16d', '4d', '1d', '8h', '2h', '30m'].map((rung) => `later.ladder-${rung}`),
    ])
    const others = [answers.name, dead.name, 'other.near', 'later.nearby', 'latest.near', 'x.delay-5s']
    expect([...topicsOfGroup([...moved, ...others])]).toEqual([['later', moved]])
    for (const { partitions, config } of [commands, near, ...tiers.values(), ...plain.values(), ...ladder.values()]) {
      expect(partitions).toBe(3)
      expect(config).toMatchObject({ 'message.timestamp.type': 'LogAppendTime', 'retention.ms': -1 })
    }
  })

  it('has room for whatever its target has room for', () => {
    const large = topic('large', { key: text, value: text, config: { 'max.message.bytes': 50_000_000 } })
    const { commands, near } = topicsOf(delayed('later', { to: large, tiers: [] }))
    for (const { config } of [commands, near]) expect(config['max.message.bytes']).toBeGreaterThan(50_000_000)
  })

  it.each([
    ['a--b', "without '--'"],
    ['a-', "not ending in '-'"],
    ['a b', 'use only'],
    ['x'.repeat(101), '1 to 100 characters'],
    [7, 'it is no string'],
  ])('refuses the name %s', (name, message) => {
    expect(() => delayed(name as never, { to: target, tiers: [] })).toThrow(message)
  })

  it.each([
    [{ to: 'target', tiers: [] }, 'to takes a topic'],
    [{ to: target }, 'tiers is a list of times'],
    [{ to: target, tiers: ['soon'] }, 'a tier takes a time'],
    [{ to: target, tiers: [5_000] }, 'a tier takes a time'],
    [{ to: target, tiers: ['0s'] }, 'a tier is 1ms to 730d'],
    [{ to: target, tiers: ['731d'] }, 'a tier is 1ms to 730d'],
    [{ to: target, tiers: ['0.5ms'] }, 'in whole milliseconds'],
    [{ to: target, tiers: ['60s', '1m'] }, "tier '1m' is there twice"],
    [{ to: target, tiers: [], partitions: 0 }, 'partitions is 1 to'],
    [{ to: target, tiers: [], in: 'cloud' }, "in is 'memory' or 'disk'"],
    [{ to: target, tiers: [], maxBytes: 0 }, 'maxBytes is a whole number'],
    [{ to: target, tiers: [], in: 'disk', maxBytes: 9 }, 'maxBytes is for state in memory'],
    [{ to: target, tier: ['5s'] }, 'did you mean tiers?'],
  ])('refuses %o', (options, message) => {
    expect(() => delayed('later', options as never)).toThrow(message)
  })
})
