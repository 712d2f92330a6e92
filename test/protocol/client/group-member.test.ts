import { describe, expect, it } from 'vitest'
import { engineFailure, type FailureCode } from '../../../src/contracts/failure.ts'
import type { TopicPartition } from '../../../src/contracts/position.ts'
import {
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../src/protocol/client/consumer-protocol.ts'
import { memberDeadline, stepMember } from '../../../src/protocol/client/group-member.ts'
import {
  type GroupMembership,
  idleMember,
  type MemberCommand,
  type MemberEffect,
  type MemberOptions,
  type MemberReply,
  type MemberRequest,
} from '../../../src/protocol/client/group-member-state.ts'

const a = (...partitions: readonly number[]): TopicPartition[] =>
  partitions.map((partition) => ({ topic: 'a', partition }))
const refusal = (code: FailureCode): MemberReply => ({ _tag: 'refused', failure: engineFailure(code, code) })
type Tag<T extends { readonly _tag: string }, K extends T['_tag']> = Extract<T, { readonly _tag: K }>

/** A member, and what it said; the test is its coordinator and its application. */
class TestMember {
  membership: GroupMembership
  now = 0
  readonly said: MemberEffect[] = []

  constructor(options: Partial<MemberOptions> = {}) {
    this.membership = idleMember({
      group: 'g',
      topics: ['a'],
      assignor: 'cooperative-sticky',
      sessionTimeoutMs: 30,
      rebalanceTimeoutMs: 50,
      requestTimeoutMs: 20,
      backoffMs: 2,
      maxBackoffMs: 10,
      ...options,
    })
  }

  tell(command: MemberCommand): readonly MemberEffect[] {
    const [membership, effects] = stepMember(this.membership, command)
    this.membership = membership
    this.said.push(...effects)
    return effects
  }

  pass(ms: number): readonly MemberEffect[] {
    this.now += ms
    return this.tell({ _tag: 'tick', now: this.now })
  }

  last<K extends MemberRequest['_tag']>(tag: K): { readonly request: number; readonly what: Tag<MemberRequest, K> } {
    for (const effect of this.said.toReversed())
      if (effect._tag === 'request' && effect.what._tag === tag)
        return { request: effect.request, what: effect.what as Tag<MemberRequest, K> }
    throw new Error(`it never asked to ${tag}`)
  }

  answer(tag: MemberRequest['_tag'], reply: MemberReply): readonly MemberEffect[] {
    return this.tell({ _tag: 'reply', now: this.now, request: this.last(tag).request, reply })
  }

  /** From a join on its way to being a follower of `generation` with `partitions`. */
  follow(generation: number, partitions: readonly TopicPartition[]): readonly MemberEffect[] {
    const joined = { _tag: 'joined' as const, memberId: 'm1', generation, protocol: '', leader: 'other' }
    this.answer('join', { ...joined, members: [], skipAssignment: false })
    const assignment = encodeAssignment({ partitions, userData: null })
    return this.answer('sync', { _tag: 'synced', assignment })
  }

  static following(partitions: readonly TopicPartition[], options: Partial<MemberOptions> = {}): TestMember {
    const member = new TestMember(options)
    member.tell({ _tag: 'start', now: 0 })
    member.follow(1, partitions)
    return member
  }

  /** The group rebalances, as the answer to a heartbeat says. */
  disturb(): readonly MemberEffect[] {
    this.pass(memberDeadline(this.membership) - this.now)
    return this.answer('heartbeat', refusal('rebalance-in-progress'))
  }
}

const tags = (effects: readonly MemberEffect[]) =>
  effects.map((effect) => (effect._tag === 'request' ? effect.what._tag : effect._tag))

describe('a member', () => {
  it('joins under the id it is given, and leads where it is told to', () => {
    const member = new TestMember({ assignor: 'range' })
    member.tell({ _tag: 'start', now: 0 })
    member.answer('join', { _tag: 'refused', failure: engineFailure('member-id-required', 'again'), memberId: 'm1' })
    expect(member.last('join').what.memberId).toBe('m1')
    const metadata = encodeSubscription({ topics: ['a', 'b'], owned: [], generation: -1, userData: null })
    member.answer('join', {
      _tag: 'joined',
      memberId: 'm1',
      generation: 1,
      protocol: 'range',
      leader: 'm1',
      members: ['m1', 'm2'].map((memberId) => ({ memberId, instanceId: undefined, metadata })),
      skipAssignment: false,
    })
    expect(member.last('count-partitions').what.topics).toEqual(['a', 'b'])
    member.answer('count-partitions', { _tag: 'counted', counts: new Map([['a', 2]]) })
    const [mine] = member.last('sync').what.assignments
    expect(member.last('sync').what).toMatchObject({
      generation: 1,
      assignments: [{ memberId: 'm1' }, { memberId: 'm2' }],
    })
    const effects = member.answer('sync', { _tag: 'synced', assignment: mine?.assignment ?? new Uint8Array(0) })
    expect(effects).toEqual([{ _tag: 'assigned', partitions: a(0), members: 2 }])
    expect(member.membership.token).toEqual({ group: 'g', memberId: 'm1', generation: 1 })
  })

  it('gives three signs of life a session, and one more soon when an answer is lost', () => {
    const member = TestMember.following(a(0))
    expect(memberDeadline(member.membership)).toBe(10)
    expect(member.pass(9)).toEqual([])
    expect(tags(member.pass(1))).toEqual(['heartbeat'])
    member.answer('heartbeat', { _tag: 'done' })
    expect(memberDeadline(member.membership)).toBe(20)
    expect(tags(member.pass(10))).toEqual(['heartbeat'])
    expect(tags(member.pass(10))).toEqual(['heartbeat'])
  })

  it('gives one every three seconds of a long session, as it learns of a rebalance by the answer', () => {
    const member = TestMember.following(a(0), { sessionTimeoutMs: 45_000 })
    expect(memberDeadline(member.membership)).toBe(3_000)
    expect(tags(member.pass(3_000))).toEqual(['heartbeat'])
    member.answer('heartbeat', { _tag: 'done' })
    expect(memberDeadline(member.membership)).toBe(6_000)
  })

  it('keeps what it has while it joins, if the assignor is cooperative, and says so', () => {
    const member = TestMember.following(a(0, 1))
    expect(tags(member.disturb())).toEqual(['join'])
    expect(decodeSubscription(member.last('join').what.protocols[0]?.metadata ?? new Uint8Array(0))).toMatchObject({
      right: { owned: a(0, 1), generation: 1 },
    })
    expect(member.membership.token.generation).toBe(1)
    expect(member.follow(2, a(1, 2))).toMatchObject([
      { _tag: 'assigned', partitions: a(2) },
      { _tag: 'revoked', partitions: a(0) },
    ])
    expect(member.membership.token.generation).toBe(2)
  })

  it('joins again once the application has released what goes, and gives signs of life until then', () => {
    const member = TestMember.following(a(0, 1))
    member.disturb()
    member.follow(2, a(1))
    expect(tags(member.pass(10))).toEqual(['heartbeat'])
    expect(member.answer('heartbeat', refusal('rebalance-in-progress'))).toEqual([])
    expect(member.tell({ _tag: 'release', now: member.now, revocation: 7 })).toEqual([])
    expect(tags(member.tell({ _tag: 'release', now: member.now, revocation: 0 }))).toEqual(['join'])
    expect(member.follow(3, a(1))).toEqual([{ _tag: 'assigned', partitions: [], members: 0 }])
  })

  it('gives everything back before it joins, if the assignor is eager', () => {
    const member = TestMember.following(a(0, 1), { assignor: 'sticky' })
    expect(member.disturb()).toEqual([{ _tag: 'revoked', partitions: a(0, 1), revocation: 0 }])
    expect(tags(member.tell({ _tag: 'release', now: member.now, revocation: 0 }))).toEqual(['join'])
    expect(member.follow(2, a(1))).toMatchObject([{ _tag: 'assigned', partitions: a(1) }])
  })

  it('loses what is not released within the rebalance timeout, and goes on', () => {
    const member = TestMember.following(a(0, 1))
    member.disturb()
    member.follow(2, a(1))
    member.pass(10)
    member.answer('heartbeat', { _tag: 'done' })
    const effects = member.pass(40)
    expect(effects).toMatchObject([
      { _tag: 'lost', partitions: a(0), failure: { code: 'timed-out' } },
      { _tag: 'request' },
    ])
    expect(member.tell({ _tag: 'release', now: member.now, revocation: 0 })).toEqual([])
    expect(member.follow(3, a(1))).toMatchObject([{ _tag: 'assigned', partitions: [] }])
  })

  it.each(['unknown-member', 'illegal-generation'] as const)(
    'loses everything when it hears %s, and joins anew',
    (code) => {
      const member = TestMember.following(a(0, 1))
      member.pass(10)
      const effects = member.answer('heartbeat', refusal(code))
      expect(effects).toMatchObject([{ _tag: 'lost', partitions: a(0, 1), failure: { code } }])
      expect(tags(member.pass(2))).toEqual(['join'])
      expect(member.last('join').what.memberId).toBe(code === 'unknown-member' ? '' : 'm1')
      expect(member.follow(5, a(1))).toMatchObject([{ _tag: 'assigned', partitions: a(1) }])
    },
  )

  it.each(['fenced-instance', 'inconsistent-protocol', 'closed'] as const)('is done for when it hears %s', (code) => {
    const member = TestMember.following(a(0))
    member.disturb()
    const effects = member.answer('join', refusal(code))
    expect(effects.filter((effect) => effect._tag !== 'request')).toMatchObject([
      { _tag: 'lost', partitions: a(0) },
      { _tag: 'ended', failure: { code } },
    ])
    expect(tags(effects).includes('leave')).toBe(code === 'inconsistent-protocol')
    expect(memberDeadline(member.membership)).toBe(Number.POSITIVE_INFINITY)
    expect(member.tell({ _tag: 'start', now: 1 })).toEqual([])
  })

  it('ends with the counts by name where the leader cannot assign', () => {
    const member = new TestMember({ assignor: 'task', topics: ['a', 'b'] })
    member.tell({ _tag: 'start', now: 0 })
    const metadata = member.last('join').what.protocols[0]?.metadata ?? new Uint8Array(0)
    const members = [{ memberId: 'm1', instanceId: undefined, metadata }]
    const joined = { _tag: 'joined' as const, memberId: 'm1', generation: 1, protocol: 'task', leader: 'm1' }
    member.answer('join', { ...joined, members, skipAssignment: false })
    const counts = new Map([
      ['a', 4],
      ['b', 6],
    ])
    expect(member.answer('count-partitions', { _tag: 'counted', counts })).toMatchObject([
      { _tag: 'request', what: { _tag: 'leave', memberId: 'm1' } },
      { _tag: 'ended', failure: { code: 'invalid-partitions', message: expect.stringContaining('a has 4, b has 6') } },
    ])
  })

  it('backs off longer each time something that may pass is refused, or unanswered', () => {
    const patient = new TestMember()
    patient.tell({ _tag: 'start', now: 0 })
    for (const wait of [2, 4, 8, 10, 10]) {
      patient.answer('join', refusal('storage-full'))
      expect(memberDeadline(patient.membership)).toBe(patient.now + wait)
      expect(tags(patient.pass(wait))).toEqual(['join'])
    }
    patient.pass(70)
    expect(tags(patient.pass(10))).toEqual(['join'])
  })

  it('backs off longer, too, where it joins each time and never comes to an assignment', () => {
    const member = new TestMember()
    member.tell({ _tag: 'start', now: 0 })
    const joined = { _tag: 'joined' as const, memberId: 'm1', generation: 1, protocol: '', leader: 'other' }
    for (const wait of [2, 4, 8, 10, 10]) {
      member.answer('join', { ...joined, members: [], skipAssignment: false })
      member.answer('sync', refusal('storage-full'))
      expect(memberDeadline(member.membership)).toBe(member.now + wait)
      expect(tags(member.pass(wait))).toEqual(['join'])
    }
    member.follow(2, a(0))
    member.disturb()
    member.answer('join', refusal('storage-full'))
    expect(memberDeadline(member.membership)).toBe(member.now + 2)
  })

  it('asks at once when the group is said to rebalance, unless it is asking already', () => {
    const member = TestMember.following(a(0))
    expect(tags(member.tell({ _tag: 'hurry', now: 3 }))).toEqual(['heartbeat'])
    expect(member.tell({ _tag: 'hurry', now: 4 })).toEqual([])
    member.answer('heartbeat', { _tag: 'done' })
    expect(memberDeadline(member.membership)).toBeLessThanOrEqual(4)
    member.disturb()
    expect(member.tell({ _tag: 'hurry', now: 5 })).toEqual([])
  })

  it('that was started anew and does not know what it has to give back joins again, so that others get it', () => {
    const leader = new TestMember({ assignor: 'task' })
    leader.tell({ _tag: 'start', now: 0 })
    const said = (owned: TopicPartition[]) =>
      encodeSubscription({ topics: ['a'], owned, generation: 1, userData: null })
    leader.answer('join', {
      _tag: 'joined',
      memberId: 'm1',
      generation: 2,
      protocol: 'task',
      leader: 'm1',
      members: [
        { memberId: 'm1', instanceId: undefined, metadata: said([]) },
        { memberId: 'x1', instanceId: 'x', metadata: said(a(0, 1)) },
      ],
      skipAssignment: false,
    })
    leader.answer('count-partitions', { _tag: 'counted', counts: new Map([['a', 2]]) })
    const [mine, theirs] = leader.last('sync').what.assignments.map(({ assignment }) => assignment)
    const told = (assignment: Uint8Array = new Uint8Array(0)) => ({ _tag: 'synced' as const, assignment })
    expect(tags(leader.answer('sync', told(mine)))).toEqual(['assigned'])

    const restarted = new TestMember({ assignor: 'task', instanceId: 'x' })
    restarted.tell({ _tag: 'start', now: 0 })
    const joined = { _tag: 'joined' as const, memberId: 'x2', generation: 2, protocol: 'task', leader: 'm1' }
    restarted.answer('join', { ...joined, members: [], skipAssignment: false })
    expect(tags(restarted.answer('sync', told(theirs)))).toEqual(['assigned', 'join'])
  })

  it('takes no notice of answers that nobody waits for any longer', () => {
    const member = TestMember.following(a(0))
    const { request } = member.last('join')
    expect(member.tell({ _tag: 'reply', now: 1, request, reply: refusal('fenced-instance') })).toEqual([])
    expect(member.membership.phase._tag).toBe('stable')
  })

  it('leaves with a word, and a static one without', () => {
    const member = TestMember.following(a(0))
    expect(tags(member.tell({ _tag: 'leave', now: 1 }))).toEqual(['leave'])
    expect(member.answer('leave', { _tag: 'done' })).toEqual([{ _tag: 'ended' }])
    const lasting = TestMember.following(a(0), { instanceId: 'x' })
    expect(lasting.tell({ _tag: 'leave', now: 1 })).toEqual([{ _tag: 'ended' }])
    expect(new TestMember().tell({ _tag: 'leave', now: 1 })).toEqual([{ _tag: 'ended' }])
  })

  it('does not wait for ever for the answer to its leave', () => {
    const member = TestMember.following(a(0))
    member.tell({ _tag: 'leave', now: 0 })
    expect(member.pass(20)).toEqual([{ _tag: 'ended' }])
  })

  it('joins again at the sight of changed topics only if it leads', () => {
    const member = TestMember.following(a(0))
    expect(member.tell({ _tag: 'rejoin', now: 1 })).toEqual([])
    member.disturb()
    const joined = { _tag: 'joined' as const, memberId: 'm1', generation: 2, protocol: '', leader: 'm1' }
    member.answer('join', { ...joined, members: [], skipAssignment: true })
    expect(member.tell({ _tag: 'rejoin', now: 1 })).toEqual([])
    const assignment = encodeAssignment({ partitions: a(0), userData: null })
    expect(tags(member.answer('sync', { _tag: 'synced', assignment }))).toEqual(['assigned', 'join'])
  })
})
