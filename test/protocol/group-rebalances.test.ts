import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AssignorName } from '../../src/contracts/engine.ts'
import { type GroupSetup, GroupWorld } from '../support/group-world.ts'

const names: readonly AssignorName[] = ['range', 'roundrobin', 'sticky', 'cooperative-sticky', 'task']

const setup: fc.Arbitrary<GroupSetup> = fc
  .record({
    assignor: fc.constantFrom(...names),
    partitions: fc.integer({ min: 1, max: 5 }),
    topics: fc.constantFrom(['a'], ['a', 'b']),
    initialRebalanceDelayMs: fc.constantFrom(0, 3),
    instanceIds: fc.array(fc.constantFrom(undefined, undefined, 'x', 'y'), { minLength: 1, maxLength: 4 }),
  })
  .map(({ partitions, topics, ...rest }) => ({ ...rest, counts: new Map(topics.map((topic) => [topic, partitions])) }))

/** What may happen next, as data: `which` picks among what there is. 0 is always the plainest. */
const happening = fc.record({
  what: fc.oneof(
    { weight: 12, arbitrary: fc.constant('deliver' as const) },
    { weight: 1, arbitrary: fc.constant('lose' as const) },
    { weight: 1, arbitrary: fc.constant('duplicate' as const) },
    { weight: 4, arbitrary: fc.constant('write' as const) },
    { weight: 3, arbitrary: fc.constant('release' as const) },
    { weight: 3, arbitrary: fc.constant('start' as const) },
    { weight: 3, arbitrary: fc.constant('pass' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('leave', 'crash', 'rejoin', 'hurry', 'fail to write', 'fail over' as const),
    },
  ),
  which: fc.oneof(fc.constant(0), fc.nat(30)),
})
type Happening = typeof happening extends fc.Arbitrary<infer A> ? A : never

const play = (world: GroupWorld, happenings: readonly Happening[]): void => {
  for (const { what, which } of happenings) {
    const program = which % world.programs.length
    const message = world.messages.length === 0 ? 0 : which % world.messages.length
    const { now } = world
    if (what === 'deliver') world.deliver(message, 'delivered')
    else if (what === 'lose') world.deliver(message, 'lost')
    else if (what === 'duplicate') world.deliver(message, 'duplicated')
    else if (what === 'write') world.write(true)
    else if (what === 'fail to write') world.write(false)
    else if (what === 'release') world.release(program)
    else if (what === 'start') world.member(program, { _tag: 'start', now })
    else if (what === 'leave') {
      world.programs[program]?.held.clear()
      world.member(program, { _tag: 'leave', now })
    } else if (what === 'rejoin' || what === 'hurry') world.member(program, { _tag: what, now })
    else if (what === 'crash') world.crash(program)
    else if (what === 'fail over') world.failOver()
    else world.pass(2 * which)
  }
}

describe('members and coordinator of a group', () => {
  it('never let two commit one partition, whatever is lost, repeated or late, and settle once it stops', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(setup, fc.array(happening, { maxLength: 120, size: 'max' }), (setup, happenings) => {
        const world = new GroupWorld(setup)
        world.programs.forEach((_, index) => {
          world.member(index, { _tag: 'start', now: 0 })
        })
        play(world, happenings)
        world.settle(600)
        for (const what of world.seen) seen.add(what)
      }),
      { numRuns: 1_000 },
    )
    // a law that never met these would not have been tried
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'assigned',
        'revoked',
        'lost',
        'handover',
        'fenced-instance',
        'unknown-member',
        'rebalance-in-progress',
        'member-id-required',
        'storage-full',
      ]),
    )
  })
})
