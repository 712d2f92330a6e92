import { describe, expect, it } from 'vitest'
import { engineFailure } from '../../../src/contracts/failure.ts'
import { deadline } from '../../../src/protocol/broker/group-membership.ts'
import { isForgettable } from '../../../src/protocol/broker/group-state.ts'
import { encodeAssignment } from '../../../src/protocol/client/consumer-protocol.ts'
import { at, code, joining, TestCoordinator, utf8 } from '../../support/group-coordinator.ts'

const offering = (...names: readonly string[]) => ({
  protocols: names.map((name) => ({ name, metadata: utf8(`says ${name}`) })),
})

describe('joining a group', () => {
  it('gives a newcomer an id to come back with, for as long as a session', () => {
    const group = new TestCoordinator()
    expect(group.ask(joining('', { newMemberId: 'm1' }))).toMatchObject({
      failure: { code: 'member-id-required' },
      memberId: 'm1',
    })
    expect(deadline(group.group)).toBe(group.now + 30)
    group.pass(30)
    expect(code(group.ask(joining('m1')))).toBe('unknown-member')
  })

  it('tells the leader alone who is in the generation', () => {
    const group = new TestCoordinator()
    group.send(joining('', { newMemberId: 'm1' }))
    group.send(joining('', { newMemberId: 'm2' }))
    const first = group.send(joining('m1'))
    const second = group.send(joining('m2'))
    const generation = { generation: 1, leader: 'm1', protocol: 'range', skipAssignment: false }
    expect(group.replies.get(first)).toMatchObject({
      ...generation,
      memberId: 'm1',
      members: [
        { memberId: 'm1', metadata: utf8('reads a') },
        { memberId: 'm2', metadata: utf8('reads a') },
      ],
    })
    expect(group.replies.get(second)).toMatchObject({ ...generation, memberId: 'm2', members: [] })
  })

  it('elects the protocol that most want among those that all know', () => {
    const group = new TestCoordinator()
    for (const newMemberId of ['m1', 'm2', 'm3']) group.send(joining('', { newMemberId, ...offering('a', 'b', 'c') }))
    group.send(joining('m1', offering('a', 'c', 'b')))
    group.send(joining('m2', offering('x', 'b', 'c')))
    const last = group.send(joining('m3', offering('b', 'c')))
    expect(group.replies.get(last)).toMatchObject({ protocol: 'b' })
  })

  it('refuses who has no protocol in common with the members, or none at all', () => {
    const group = TestCoordinator.stable('m1')
    expect(code(group.ask(joining('', offering('sticky'))))).toBe('inconsistent-protocol')
    expect(code(group.ask(joining('', { protocolType: 'connect' })))).toBe('inconsistent-protocol')
    expect(code(new TestCoordinator().ask(joining('', { protocols: [] })))).toBe('inconsistent-protocol')
  })

  it('waits a while for the first members, and longer while more of them come', () => {
    const group = new TestCoordinator({ initialRebalanceDelayMs: 10 })
    const first = group.enter('m1')
    group.pass(9)
    group.enter('m2')
    group.pass(1)
    expect(group.replies.has(first)).toBe(false)
    group.pass(10)
    expect(group.replies.get(first)).toMatchObject({ generation: 1, members: [{}, {}] })
  })

  it('waits for the first members no longer than the rebalance timeout', () => {
    const group = new TestCoordinator({ initialRebalanceDelayMs: 20 })
    const first = group.enter('m0')
    for (let i = 1; i <= 5 && !group.replies.has(first); i++) {
      group.enter(`m${i}`)
      group.pass(10)
    }
    expect(group.now).toBe(1_000 + 50)
    expect(group.replies.get(first)).toMatchObject({ generation: 1 })
  })

  it('goes on without those who do not join again in time', () => {
    const group = TestCoordinator.stable('m1', 'm2')
    const again = group.send(joining('m2', { protocols: [{ name: 'range', metadata: utf8('reads b') }] }))
    group.pass(20)
    expect(code(group.heartbeat('m1', 1))).toBe('rebalance-in-progress')
    group.pass(20)
    group.heartbeat('m1', 1)
    group.pass(10)
    expect(group.replies.get(again)).toMatchObject({ generation: 2, leader: 'm2', members: [{ memberId: 'm2' }] })
    expect(code(group.heartbeat('m1', 1))).toBe('unknown-member')
  })

  it('tells a follower that lost its answer the generation again, and begins another one for the leader', () => {
    const group = TestCoordinator.stable('m1', 'm2')
    expect(group.ask(joining('m2'))).toMatchObject({ generation: 1, members: [] })
    const leads = group.send(joining('m1'))
    expect(group.replies.has(leads)).toBe(false)
    group.send(joining('m2'))
    expect(group.replies.get(leads)).toMatchObject({ generation: 2 })
  })

  it('answers a join that is repeated before its generation only once, and the first one at once', () => {
    const group = TestCoordinator.stable('m1', 'm2')
    const first = group.send(joining('m1'))
    const second = group.send(joining('m1'))
    expect(code(group.replies.get(first))).toBe('rebalance-in-progress')
    expect(group.replies.has(second)).toBe(false)
  })
})

describe('the assignment of a group', () => {
  it('is handed out once the log has it, also to who asked before the leader', () => {
    const group = new TestCoordinator()
    for (const newMemberId of ['m1', 'm2']) group.send(joining('', { newMemberId }))
    for (const memberId of ['m1', 'm2']) group.send(joining(memberId))
    group.holdsLog = true
    const follower = group.sync('m2', 1)
    const leader = group.sync('m1', 1, { m1: 'one', m2: 'two' })
    expect([group.replies.has(follower), group.replies.has(leader)]).toEqual([false, false])
    for (const append of group.held) group.write(append)
    expect(group.replies.get(follower)).toEqual({ _tag: 'synced', assignment: utf8('two') })
    expect(group.replies.get(leader)).toEqual({ _tag: 'synced', assignment: utf8('one') })
    expect(group.group.phase).toBe('Stable')
  })

  it('is refused when the log refuses it, and everyone joins again', () => {
    const group = new TestCoordinator()
    group.enter('m1')
    group.holdsLog = true
    const leader = group.sync('m1', 1, { m1: 'one' })
    group.send({ _tag: 'append-failed', ticket: 0, failure: engineFailure('storage-full', 'no room') })
    expect(code(group.replies.get(leader))).toBe('storage-full')
    expect(code(group.heartbeat('m1', 1))).toBe('rebalance-in-progress')
  })

  it('is waited for no longer than the rebalance timeout', () => {
    const group = new TestCoordinator()
    for (const newMemberId of ['m1', 'm2']) group.send(joining('', { newMemberId }))
    for (const memberId of ['m1', 'm2']) group.send(joining(memberId))
    const follower = group.sync('m2', 1)
    group.pass(25)
    group.heartbeat('m1', 1)
    group.pass(25)
    expect(code(group.replies.get(follower))).toBe('rebalance-in-progress')
    expect([...group.group.members.keys()]).toEqual(['m2'])
  })

  it('is refused to strangers, to other generations and during a rebalance', () => {
    const group = TestCoordinator.stable('m1', 'm2')
    const refusal = (memberId: string, generation: number) => code(group.replies.get(group.sync(memberId, generation)))
    expect(refusal('m3', 1)).toBe('unknown-member')
    expect(refusal('m1', 0)).toBe('illegal-generation')
    group.send(joining('m1'))
    expect(refusal('m2', 1)).toBe('rebalance-in-progress')
  })
})

describe('a session', () => {
  it('is renewed by heartbeats, also by one that is refused because the group rebalances', () => {
    const group = TestCoordinator.stable('m1', 'm2')
    group.send(joining('m1', { rebalanceTimeoutMs: 500 }))
    for (let i = 0; i < 4; i++) {
      group.pass(29)
      expect(code(group.heartbeat('m2', 1))).toBe('rebalance-in-progress')
    }
    expect(group.group.members.size).toBe(2)
    group.pass(30)
    expect([...group.group.members.keys()]).toEqual(['m1'])
  })

  it('ends in silence, and the others share anew', () => {
    const group = TestCoordinator.stable('m1', 'm2')
    group.pass(20)
    expect(code(group.heartbeat('m2', 1))).toBe('done')
    group.pass(10)
    expect([...group.group.members.keys()]).toEqual(['m2'])
    expect(group.group.leader).toBe('m2')
    expect(code(group.heartbeat('m2', 1))).toBe('rebalance-in-progress')
  })

  it('of nobody is left after everyone has left', () => {
    const group = TestCoordinator.stable('m1', 'm2')
    for (const memberId of ['m1', 'm2']) expect(code(group.ask({ _tag: 'leave', memberId }))).toBe('done')
    expect(group.group).toMatchObject({ phase: 'Empty', generation: 2 })
    expect(group.log.at(-1)?.record).toMatchObject({ value: { generation: 2, members: [], protocol: null } })
    expect(deadline(group.group)).toBe(Number.POSITIVE_INFINITY)
    expect(code(group.ask({ _tag: 'leave', memberId: 'm1' }))).toBe('unknown-member')
  })

  it('ends for all at once when their process is known to be gone', () => {
    const group = TestCoordinator.stable('m1', 'm2')
    group.send(joining('', { newMemberId: 'm3' }))
    group.send({ _tag: 'evict' })
    expect(group.group).toMatchObject({ phase: 'Empty', pending: new Map() })
  })
})

describe('a static member', () => {
  const statics = () => {
    const group = new TestCoordinator()
    group.send(joining('', { instanceId: 'x', newMemberId: 'x1' }))
    group.sync('x1', 1, { x1: 'all' })
    return group
  }

  it('takes its place over without a rebalance, and fences who had it', () => {
    const group = statics()
    group.holdsLog = true
    const request = group.send(joining('', { instanceId: 'x', newMemberId: 'x2' }))
    expect(group.replies.has(request)).toBe(false)
    for (const append of group.held) group.write(append)
    expect(group.replies.get(request)).toMatchObject({
      memberId: 'x2',
      generation: 1,
      leader: 'x2',
      skipAssignment: true,
    })
    expect(code(group.heartbeat('x1', 1, 'x'))).toBe('fenced-instance')
    expect(code(group.heartbeat('x2', 1, 'x'))).toBe('done')
    expect(group.replies.get(group.sync('x2', 1))).toMatchObject({ assignment: utf8('all') })
    expect(group.log.at(-1)?.record).toMatchObject({ value: { members: [{ memberId: 'x2', instanceId: 'x' }] } })
  })

  it('begins a rebalance where another protocol would be chosen', () => {
    const group = statics()
    const request = group.send(joining('', { instanceId: 'x', newMemberId: 'x2', ...offering('sticky', 'range') }))
    expect(group.replies.get(request)).toMatchObject({ generation: 2, protocol: 'sticky' })
  })

  it('begins a rebalance while the assignment is under way, since that names the old one', () => {
    const group = new TestCoordinator()
    group.send(joining('', { instanceId: 'x', newMemberId: 'x1' }))
    const request = group.send(joining('', { instanceId: 'x', newMemberId: 'x2' }))
    expect(group.replies.get(request)).toMatchObject({ generation: 2, memberId: 'x2' })
  })

  it('keeps its place through a rebalance that it misses, for a session', () => {
    const group = statics()
    const other = group.enter('m1')
    group.pass(25)
    group.heartbeat('x1', 1, 'x')
    group.pass(25)
    expect(group.replies.get(other)).toMatchObject({ generation: 2, leader: 'm1', members: [{}, {}] })
    expect(code(group.heartbeat('x1', 1, 'x'))).toBe('illegal-generation')
  })

  it('can be removed by its instance id', () => {
    const group = statics()
    expect(code(group.ask({ _tag: 'leave', memberId: '', instanceId: 'y' }))).toBe('unknown-member')
    expect(code(group.ask({ _tag: 'leave', memberId: '', instanceId: 'x' }))).toBe('done')
    expect(group.group.phase).toBe('Empty')
  })
})

describe('a group', () => {
  it('is described with what its members read', () => {
    const group = new TestCoordinator()
    group.enter('m1')
    const assignment = encodeAssignment({ partitions: [{ topic: 'a', partition: 3 }], userData: null })
    group.send({ _tag: 'sync', memberId: 'm1', generation: 1, assignments: [{ memberId: 'm1', assignment }] })
    expect(group.ask({ _tag: 'describe' })).toEqual({
      _tag: 'described',
      description: {
        group: 'g',
        state: 'Stable',
        assignor: 'range',
        members: [{ memberId: 'm1', partitions: [{ topic: 'a', partition: 3 }] }],
      },
    })
  })

  it('is deleted only when empty, with all its offsets', () => {
    const group = TestCoordinator.stable('m1')
    group.commit('m1', 1, at('a', 0, 7))
    expect(code(group.ask({ _tag: 'delete' }))).toBe('group-not-empty')
    group.send({ _tag: 'leave', memberId: 'm1' })
    group.holdsLog = true
    const request = group.send({ _tag: 'delete' })
    expect(code(group.ask(joining('')))).toBe('rebalance-in-progress')
    expect(isForgettable(group.group)).toBe(false)
    for (const append of group.held.splice(0)) group.write(append)
    expect(code(group.replies.get(request))).toBe('done')
    expect(group.log.slice(-2).map(({ record }) => record.value)).toEqual([null, null])
    expect(isForgettable(group.group)).toBe(true)
    expect(code(group.ask({ _tag: 'delete' }))).toBe('unknown-group')
  })
})
