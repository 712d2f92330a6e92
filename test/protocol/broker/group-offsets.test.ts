import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { engineFailure } from '../../../src/contracts/failure.ts'
import { stepGroup } from '../../../src/protocol/broker/group.ts'
import type { GroupReply } from '../../../src/protocol/broker/group-command.ts'
import { entriesOf } from '../../../src/protocol/broker/group-offset-table.ts'
import { decodeGroupRecord, encodeGroupRecord } from '../../../src/protocol/broker/group-records.ts'
import { recovered, replayed } from '../../../src/protocol/broker/group-recovery.ts'
import { emptyGroup, type Group, isForgettable, kafkaGroupSettings } from '../../../src/protocol/broker/group-state.ts'
import { encodeSubscription } from '../../../src/protocol/client/consumer-protocol.ts'
import { at, code, joining, TestCoordinator, utf8 } from '../../support/group-coordinator.ts'

const committed = (
  group: TestCoordinator,
  requireStable = false,
  partitions?: { topic: string; partition: number }[],
) => group.ask({ _tag: 'fetch-offsets', requireStable, partitions })

const inTransaction = (
  group: TestCoordinator,
  producerId: number,
  offset: number,
  by: { memberId: string; generation: number; instanceId?: string } = { memberId: '', generation: -1 },
): GroupReply =>
  group.ask({ _tag: 'commit-in-transaction', ...by, producerId, producerEpoch: 0, offsets: [at('a', 0, offset)] })

/** A stable group of m1 and m2 that has gone on to another phase. */
const groups = {
  Stable: () => TestCoordinator.stable('m1', 'm2'),
  PreparingRebalance: () => {
    const group = TestCoordinator.stable('m1', 'm2')
    group.send(joining('m1'))
    return group
  },
  CompletingRebalance: () => {
    const group = TestCoordinator.stable('m1', 'm2')
    group.send(joining('m1'))
    group.send(joining('m2'))
    return group
  },
  Empty: () => {
    const group = TestCoordinator.stable('m1', 'm2')
    for (const memberId of ['m1', 'm2']) group.send({ _tag: 'leave', memberId })
    return group
  },
} as const

describe('committing offsets', () => {
  const who = {
    nobody: { memberId: '', generation: -1 },
    'the current generation': { memberId: 'm1', generation: 'current' as const },
    'the generation before': { memberId: 'm1', generation: 'before' as const },
    'a stranger': { memberId: 'm9', generation: 'current' as const },
    'a fenced instance': { memberId: 'm1', generation: 'current' as const, instanceId: 'x' },
  }
  it.each([
    ['Empty', 'nobody', 'done', 'done'],
    ['Empty', 'the current generation', 'unknown-member', 'unknown-member'],
    ['Stable', 'nobody', 'unknown-member', 'done'],
    ['Stable', 'the current generation', 'done', 'done'],
    ['Stable', 'the generation before', 'illegal-generation', 'illegal-generation'],
    ['Stable', 'a stranger', 'unknown-member', 'unknown-member'],
    ['Stable', 'a fenced instance', 'unknown-member', 'unknown-member'],
    ['PreparingRebalance', 'nobody', 'unknown-member', 'done'],
    ['PreparingRebalance', 'the current generation', 'done', 'done'],
    ['CompletingRebalance', 'the current generation', 'rebalance-in-progress', 'done'],
    ['CompletingRebalance', 'the generation before', 'illegal-generation', 'illegal-generation'],
  ] as const)('while %s, by %s: %s; in a transaction: %s', (phase, name, plain, transactional) => {
    const by = (group: TestCoordinator) => {
      const { generation, ...rest } = who[name]
      const current = group.group.generation
      return { ...rest, generation: generation === 'current' ? current : generation === 'before' ? current - 1 : -1 }
    }
    const group = groups[phase]()
    expect(group.group.phase).toBe(phase)
    expect(code(group.ask({ _tag: 'commit', ...by(group), offsets: [at('a', 0, 1)] }))).toBe(plain)
    expect(code(inTransaction(groups[phase](), 1, 1, by(group)))).toBe(transactional)
  })

  it('fences the instance that another program has taken over', () => {
    const group = new TestCoordinator()
    for (const newMemberId of ['x1', 'x2']) group.send(joining('', { instanceId: 'x', newMemberId }))
    expect(code(inTransaction(group, 1, 1, { memberId: 'x1', generation: 2, instanceId: 'x' }))).toBe('fenced-instance')
  })

  it('keeps a session alive', () => {
    const group = TestCoordinator.stable('m1')
    for (let i = 0; i < 3; i++) {
      group.pass(29)
      expect(code(group.commit('m1', 1, at('a', 0, i)))).toBe('done')
    }
    group.pass(30)
    expect(group.group.phase).toBe('Empty')
  })

  it('is answered, and seen, once the log has it', () => {
    const group = new TestCoordinator()
    group.holdsLog = true
    const request = group.send({ _tag: 'commit', memberId: '', generation: -1, offsets: [at('a', 0, 5, 'here')] })
    expect(group.replies.has(request)).toBe(false)
    expect(committed(group)).toEqual({ _tag: 'offsets', offsets: [] })
    for (const append of group.held) group.write(append)
    expect(code(group.replies.get(request))).toBe('done')
    expect(committed(group)).toEqual({ _tag: 'offsets', offsets: [at('a', 0, 5, 'here')] })
    expect(committed(group, false, [{ topic: 'a', partition: 1 }])).toEqual({ _tag: 'offsets', offsets: [] })
  })

  it('changes nothing when the log refuses it, in a transaction either', () => {
    const group = new TestCoordinator()
    group.holdsLog = true
    const plain = group.send({ _tag: 'commit', memberId: '', generation: -1, offsets: [at('a', 0, 5)] })
    const by = { memberId: '', generation: -1, producerId: 1, producerEpoch: 0 }
    const transactional = group.send({ _tag: 'commit-in-transaction', ...by, offsets: [at('a', 0, 5)] })
    for (const { ticket } of group.held)
      group.send({ _tag: 'append-failed', ticket, failure: engineFailure('storage-full', 'no room') })
    expect([plain, transactional].map((r) => code(group.replies.get(r)))).toEqual(['storage-full', 'storage-full'])
    expect(committed(group, true)).toEqual({ _tag: 'offsets', offsets: [] })
  })

  it('refuses metadata beyond the limit, naming the partition and both lengths', () => {
    const group = new TestCoordinator({ maxOffsetMetadataLength: 3 })
    expect(group.commit('', -1, at('a', 2, 5, 'long'))).toMatchObject({
      failure: { code: 'invalid-record', message: expect.stringMatching(/a-2.* 4 .* 3/) },
    })
  })
})

describe('committing offsets in a transaction', () => {
  it('leaves them undecided from the moment it is accepted until the marker', () => {
    const group = new TestCoordinator()
    group.holdsLog = true
    const by = { memberId: '', generation: -1, producerId: 1, producerEpoch: 0 }
    group.send({ _tag: 'commit-in-transaction', ...by, offsets: [at('a', 0, 5)] })
    const here = [{ topic: 'a', partition: 0 }]
    for (const partitions of [undefined, here])
      expect(code(committed(group, true, partitions))).toBe('unstable-offsets')
    expect(group.held[0]?.producer).toEqual({ producerId: 1, producerEpoch: 0 })
    for (const append of group.held) group.write(append)
    expect(code(committed(group, true, here))).toBe('unstable-offsets')
    expect(code(committed(group, true, [{ topic: 'a', partition: 1 }]))).toBe('offsets')
    expect(committed(group, false, here)).toEqual({ _tag: 'offsets', offsets: [] })
    group.send({ _tag: 'end-transaction', producerId: 1, commit: true })
    expect(committed(group, true, here)).toEqual({ _tag: 'offsets', offsets: [at('a', 0, 5)] })
  })

  it('drops them when it aborts', () => {
    const group = new TestCoordinator()
    group.commit('', -1, at('a', 0, 3))
    inTransaction(group, 1, 5)
    group.send({ _tag: 'end-transaction', producerId: 1, commit: false })
    expect(committed(group, true)).toEqual({ _tag: 'offsets', offsets: [at('a', 0, 3)] })
  })

  it('does not undo a commit that came after it', () => {
    const group = new TestCoordinator()
    inTransaction(group, 1, 5)
    group.commit('', -1, at('a', 0, 9))
    group.send({ _tag: 'end-transaction', producerId: 1, commit: true })
    expect(committed(group, true)).toEqual({ _tag: 'offsets', offsets: [at('a', 0, 9)] })
  })
})

describe('offsets that nobody uses', () => {
  const sweep = (group: TestCoordinator, ms: number) => {
    group.now += ms
    group.send({ _tag: 'expire-offsets', retentionMs: 100 })
    return entriesOf(group.group.offsets).map((entry) => entry.topic)
  }

  it('go with the group, a while after it became empty', () => {
    const group = TestCoordinator.stable('m1')
    group.commit('m1', 1, at('a', 0, 1))
    group.now += 1_000
    group.send({ _tag: 'leave', memberId: 'm1' })
    expect(sweep(group, 99)).toEqual(['a'])
    expect(sweep(group, 1)).toEqual([])
    expect(isForgettable(group.group)).toBe(true)
  })

  it('go in a stable group where their topic is not read any longer', () => {
    const group = new TestCoordinator()
    const metadata = encodeSubscription({ topics: ['a'], owned: [], generation: -1, userData: null })
    group.enter('m1', { protocols: [{ name: 'range', metadata }] })
    group.sync('m1', 1)
    group.commit('m1', 1, at('a', 0, 1), at('b', 0, 1))
    expect(sweep(group, 99)).toEqual(['a', 'b'])
    expect(sweep(group, 1)).toEqual(['a'])
  })

  it('go after a while where there never were members, but not while a transaction on them is undecided', () => {
    const group = new TestCoordinator()
    group.commit('', -1, at('a', 0, 1), at('b', 0, 1))
    inTransaction(group, 1, 2)
    expect(sweep(group, 100)).toEqual(['a'])
    group.send({ _tag: 'end-transaction', producerId: 1, commit: false })
    expect(sweep(group, 0)).toEqual([])
  })

  it('stay while the group rebalances, or is read in a way not known', () => {
    for (const group of [groups.PreparingRebalance(), groups.Stable()]) {
      group.commit('m1', 1, at('b', 0, 1))
      expect(sweep(group, 1_000)).toEqual(['b'])
    }
  })
})

describe('the log of a group', () => {
  const happening = fc.oneof(
    fc.record({
      _tag: fc.constant('commit' as const),
      partition: fc.nat(2),
      offset: fc.nat(99),
    }),
    fc.record({
      _tag: fc.constant('commit-in-transaction' as const),
      partition: fc.nat(2),
      offset: fc.nat(99),
      producerId: fc.nat(2),
    }),
    fc.record({ _tag: fc.constant('end-transaction' as const), producerId: fc.nat(2), commit: fc.boolean() }),
    fc.record({ _tag: fc.constant('expire-offsets' as const), retentionMs: fc.constantFrom(0, 5, 1_000) }),
  )

  /** What another coordinator knows when it has read the log, the markers being where they were. */
  const reread = (
    log: TestCoordinator['log'],
    markers: ReadonlyMap<number, readonly { id: number; commit: boolean }[]>,
  ) => {
    let group: Group = emptyGroup('g', kafkaGroupSettings)
    for (let offset = 0; offset <= log.length; offset++) {
      for (const { id: producerId, commit } of markers.get(offset) ?? [])
        group = stepGroup(group, { _tag: 'end-transaction', producerId, commit })[0]
      const entry = log[offset]
      if (entry === undefined) continue
      const read = decodeGroupRecord(encodeGroupRecord(entry.record))
      if (E.isRight(read) && read.right !== undefined) group = replayed(group, read.right, entry)
    }
    return group
  }

  it('tells another coordinator the same offsets, decided and undecided', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40, size: 'max' }), (happenings) => {
        const group = new TestCoordinator()
        const markers = new Map<number, { id: number; commit: boolean }[]>()
        for (const what of happenings) {
          group.now += 1
          const nobody = { memberId: '', generation: -1, producerEpoch: 0 }
          if (what._tag === 'end-transaction') {
            const { producerId: id, commit } = what
            markers.set(group.log.length, [...(markers.get(group.log.length) ?? []), { id, commit }])
            group.send(what)
          } else if (what._tag === 'expire-offsets') {
            if (group.group.phase !== 'Dead') group.send(what)
            // the group begins anew once it is gone
            if (isForgettable(group.group)) group.group = emptyGroup('g', kafkaGroupSettings)
          } else group.send({ ...nobody, ...what, offsets: [at('a', what.partition, what.offset)] })
        }
        const after = reread(group.log, markers)
        const sorted = (offsets: Group['offsets']) => entriesOf(offsets).toSorted((a, b) => a.partition - b.partition)
        expect(sorted(after.offsets)).toEqual(sorted(group.group.offsets))
        const undecided = (of: Group) => [...of.undecided].map(([id, offsets]) => [id, sorted(offsets)] as const)
        expect(new Map(undecided(after))).toEqual(new Map(undecided(group.group)))
      }),
      { numRuns: 300 },
    )
  })

  it('tells another coordinator that undecided offsets went with their group, whatever the marker says later', () => {
    const group = new TestCoordinator()
    inTransaction(group, 1, 5)
    group.send({ _tag: 'delete' })
    const after = reread(group.log, new Map([[group.log.length, [{ id: 1, commit: true }]]]))
    expect(isForgettable(after)).toBe(true)
  })

  it('tells another coordinator who is in the generation, and gives them a session to be heard', () => {
    const group = TestCoordinator.stable('m1', 'm2')
    const after = recovered(reread(group.log, new Map()), 5_000)
    expect(after).toMatchObject({ phase: 'Stable', generation: 1, leader: 'm1', protocol: 'range' })
    const heard = stepGroup(after, {
      _tag: 'heartbeat',
      request: 1,
      now: 5_001,
      timestamp: 0,
      memberId: 'm2',
      generation: 1,
    })
    expect(heard[1]).toEqual([{ _tag: 'reply', request: 1, reply: { _tag: 'done' } }])
    const sync = { _tag: 'sync' as const, request: 1, now: 5_001, timestamp: 0, generation: 1, assignments: [] }
    expect(stepGroup(after, { ...sync, memberId: 'm2' })[1]).toMatchObject([
      { reply: { assignment: utf8('part of m2') } },
    ])
    const [expired] = stepGroup(after, { _tag: 'expire', now: 5_030, timestamp: 0 })
    expect(expired.phase).toBe('Empty')
  })
})
