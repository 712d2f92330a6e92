import * as E from 'fp-ts/lib/Either.js'
import { beforeEach, describe, expect, it } from 'vitest'
import type { AlterAnswer } from '../../../src/protocol/broker/alter-partition.ts'
import type { PartitionRegistration } from '../../../src/protocol/broker/partition-registration.ts'
import { stepReplica } from '../../../src/protocol/broker/replica.ts'
import type {
  Acks,
  FollowerFetch,
  ReplicaCommand,
  ReplicaEffect,
} from '../../../src/protocol/broker/replica-messages.ts'
import { admitAppend } from '../../../src/protocol/broker/replica-produce.ts'
import { admitRead, latestOffset } from '../../../src/protocol/broker/replica-read.ts'
import { loadReplica, type Replica } from '../../../src/protocol/broker/replica-state.ts'

type Told = ReplicaCommand extends infer C ? (C extends unknown ? Omit<C, 'now'> : never) : never

const registration: PartitionRegistration = {
  replicas: [0, 1, 2],
  leader: 0,
  leaderEpoch: 4,
  partitionEpoch: 10,
  isr: [0, 1, 2],
  elr: [],
  lastKnownElr: [],
  recovering: false,
}
const everybody = new Map([
  [0, 100],
  [1, 101],
  [2, 102],
])

/** Broker 0, with records at 0..5 of which the first 2 were committed. */
const recovered = loadReplica({
  name: 'orders-0',
  brokerId: 0,
  brokerEpoch: 100,
  settings: { minInsyncReplicas: 2, replicaLagTimeMaxMs: 30_000 },
  log: {
    start: 0,
    end: 5,
    epochs: [
      { epoch: 1, startOffset: 0 },
      { epoch: 3, startOffset: 4 },
    ],
    highWatermark: 2,
  },
})

let replica: Replica = recovered
let now = 0

const tell = (command: Told): readonly ReplicaEffect[] => {
  const [next, effects] = stepReplica(replica, { ...command, now } as ReplicaCommand)
  replica = next
  return effects
}
const register = (change: Partial<PartitionRegistration>) =>
  tell({ _tag: 'registered', registration: { ...registration, ...change } })
const append = (request: number, acks: Acks, endOffset: number) => {
  const { leaderEpoch } = replica
  const produce = { request, acks, endOffset, deadline: now + 1_000 }
  return tell({ _tag: 'appended', leaderEpoch, endOffset, produce })
}
const fetch = (brokerId: number, offset: number, change: Partial<FollowerFetch> = {}) => {
  const fetch = { ticket: 0, brokerId, brokerEpoch: brokerId + 100, leaderEpoch: 4, offset, logStart: 0 }
  return tell({ _tag: 'fetch', fetch: { lastFetchedEpoch: offset > 5 ? 4 : 3, ...fetch, ...change } })
}
const answered = (effects: readonly ReplicaEffect[]) =>
  effects.flatMap((e) => (e._tag === 'answerProduce' ? [[e.request, e.failure?.code ?? 'acked']] : []))
const asked = (effects: readonly ReplicaEffect[]) =>
  effects.flatMap((e) => (e._tag === 'alterPartition' ? [e.asked] : []))
const toFollower = (effects: readonly ReplicaEffect[]) =>
  effects.flatMap((e) => (e._tag === 'answerFetch' ? [e.answer] : []))

beforeEach(() => {
  replica = recovered
  now = 50_000
  tell({ _tag: 'brokersChanged', active: everybody })
})

describe('a replica that leads', () => {
  beforeEach(() => register({}))

  it('acknowledges acks=all when all in sync have it, acks=1 at once, acks=0 never', () => {
    expect(answered(append(1, -1, 6))).toEqual([])
    expect(answered(append(2, 1, 7))).toEqual([[2, 'acked']])
    expect(answered(append(3, 0, 8))).toEqual([])
    expect(answered(fetch(1, 8))).toEqual([])
    const effects = fetch(2, 6)
    expect(effects.map(({ _tag }) => _tag)).toEqual(['highWatermark', 'answerProduce', 'answerFetch'])
    expect(answered(effects)).toEqual([[1, 'acked']])
    expect(toFollower(effects)).toMatchObject([{ _tag: 'served', highWatermark: 6 }])
    expect(replica.log.highWatermark).toBe(6)
  })

  it('acknowledges a repeated batch whose records are committed already, without its log growing', () => {
    append(1, -1, 6)
    fetch(1, 6)
    fetch(2, 6)
    expect(answered(append(2, -1, 6))).toEqual([[2, 'acked']])
  })

  it('tells those that wait too long that it is not known, keeps their records, and answers them no more', () => {
    append(1, -1, 6)
    now += 1_000
    expect(answered(tell({ _tag: 'tick' }))).toEqual([[1, 'timed-out']])
    fetch(1, 6)
    expect(answered(fetch(2, 6))).toEqual([])
    expect(replica.log).toMatchObject({ end: 6, highWatermark: 6 })
  })

  it('refuses acks=all, and nothing else, while too few are in sync', () => {
    register({ partitionEpoch: 11, isr: [0] })
    expect(admitAppend(replica, -1)).toMatchObject({ left: { code: 'not-enough-replicas', kind: 'retriable' } })
    expect(admitAppend(replica, 1)).toEqual(E.right({ leaderEpoch: 4 }))
  })

  it('does not move its high watermark while too few are in sync', () => {
    append(1, -1, 6)
    register({ partitionEpoch: 11, isr: [0] })
    fetch(1, 6)
    fetch(2, 6)
    expect(replica.log.highWatermark).toBe(2)
    expect(answered(register({ partitionEpoch: 12, isr: [0, 1] }))).toEqual([[1, 'acked']])
  })

  it('says so when the records were written, and more must be in sync than are by now', () => {
    append(1, -1, 6)
    register({ partitionEpoch: 11, isr: [0, 1] })
    fetch(1, 6)
    tell({ _tag: 'configured', minInsyncReplicas: 3 })
    expect(answered(append(2, -1, 6))).toEqual([[2, 'not-enough-replicas-after-append']])
  })

  it('never asks for more in sync than there are replicas', () => {
    tell({ _tag: 'configured', minInsyncReplicas: 9 })
    expect(E.isRight(admitAppend(replica, -1))).toBe(true)
  })

  it('tells those that wait that it was replaced', () => {
    append(1, -1, 6)
    expect(answered(register({ partitionEpoch: 11, leaderEpoch: 5, leader: 1 }))).toEqual([[1, 'leadership-lost']])
    expect(admitAppend(replica, -1)).toMatchObject({ left: { code: 'not-leader' } })
  })

  it('tells those that wait that it stops, and is nothing until the controller decides anew', () => {
    append(1, -1, 6)
    expect(answered(tell({ _tag: 'stopped' }))).toEqual([[1, 'leadership-lost']])
    expect(toFollower(fetch(1, 5))).toEqual([{ _tag: 'refused', reason: 'not-leader' }])
    register({})
    expect(replica.role._tag).toBe('idle')
  })

  it('goes on waiting when it is elected again', () => {
    append(1, -1, 6)
    expect(register({ partitionEpoch: 11, leaderEpoch: 5 })).toEqual([])
    fetch(1, 6, { leaderEpoch: 5 })
    expect(answered(fetch(2, 6, { leaderEpoch: 5 }))).toEqual([[1, 'acked']])
  })

  it('throws when it is appended to in an epoch that is over', () => {
    expect(() => tell({ _tag: 'appended', leaderEpoch: 3, endOffset: 6 })).toThrow('broken invariant')
  })

  it('begins its epoch where its log ends, and does not say what is latest before that is committed', () => {
    expect(replica.log.epochs.at(-1)).toEqual({ epoch: 4, startOffset: 5 })
    expect(latestOffset(replica, 4)).toMatchObject({ left: { code: 'offset-not-available', kind: 'retriable' } })
    fetch(1, 5)
    fetch(2, 5)
    expect(latestOffset(replica, 4)).toEqual(E.right(5))
  })

  it.each([
    ['an older leader', 3, 'fenced-leader-epoch'],
    ['a later leader', 5, 'unknown-leader-epoch'],
  ])('does not let those read who know %s', (_whom, leaderEpoch, code) => {
    expect(admitRead(replica, leaderEpoch)).toMatchObject({ left: { code, kind: 'retriable' } })
    expect(latestOffset(replica, leaderEpoch)).toMatchObject({ left: { code } })
    expect(admitRead(replica, undefined)).toMatchObject({ right: { start: 0, highWatermark: 2 } })
  })

  it.each<[string, Parameters<typeof fetch>, object]>([
    ['all it has', [1, 5], { _tag: 'served', offset: 5, logStart: 0, highWatermark: 2 }],
    ['the end of an earlier epoch', [1, 4, { lastFetchedEpoch: 1 }], { _tag: 'served', offset: 4 }],
    ['more of an epoch than there is', [1, 9, { lastFetchedEpoch: 3 }], { _tag: 'diverging', epoch: 3, endOffset: 5 }],
    ['an epoch that never was', [1, 4, { lastFetchedEpoch: 2 }], { _tag: 'diverging', epoch: 1, endOffset: 4 }],
    ['an epoch from the future', [1, 4, { lastFetchedEpoch: 9 }], { _tag: 'outOfRange', logStart: 0, logEnd: 5 }],
    ['an empty log', [1, 0, { lastFetchedEpoch: undefined }], { _tag: 'served', offset: 0 }],
    ['no epochs, beyond the end', [1, 6, { lastFetchedEpoch: undefined }], { _tag: 'outOfRange' }],
    ['an older leader', [1, 5, { leaderEpoch: 3 }], { _tag: 'refused', reason: 'fenced-leader-epoch' }],
    ['a later leader', [1, 5, { leaderEpoch: 5 }], { _tag: 'refused', reason: 'unknown-leader-epoch' }],
    ['no part in it', [7, 5], { _tag: 'refused', reason: 'not-a-replica' }],
  ])('answers a follower that has %s', (_what, [brokerId, offset, change], answer) => {
    expect(toFollower(fetch(brokerId, offset, change))).toMatchObject([answer])
  })

  it('answers that it is out of range, below its start', () => {
    fetch(1, 5)
    fetch(2, 5)
    tell({ _tag: 'startRaised', startOffset: 3 })
    expect(toFollower(fetch(1, 2))).toEqual([{ _tag: 'outOfRange', logStart: 3, logEnd: 5 }])
    expect(() => tell({ _tag: 'startRaised', startOffset: 6 })).toThrow('broken invariant')
  })

  it('still knows its epoch when all records are deleted', () => {
    fetch(1, 5)
    fetch(2, 5)
    tell({ _tag: 'startRaised', startOffset: 5 })
    expect(toFollower(fetch(1, 5))).toMatchObject([{ _tag: 'served', logStart: 5 }])
  })

  it('does not count a fetch from an earlier life of a broker', () => {
    fetch(1, 4, { brokerEpoch: 111 })
    expect(toFollower(fetch(1, 5))).toEqual([{ _tag: 'refused', reason: 'stale-broker-epoch' }])
  })
})

describe('the in-sync replicas of a leader', () => {
  beforeEach(() => {
    register({ isr: [0, 1] })
    fetch(1, 5)
  })
  const altered = (change: Partial<PartitionRegistration>): AlterAnswer => ({
    _tag: 'altered',
    registration: { ...registration, ...change },
  })
  const ineligible: AlterAnswer = { _tag: 'refused', reason: 'ineligible-replica' }
  const request = (effects: readonly ReplicaEffect[]) => {
    const [first] = asked(effects)
    if (first === undefined) throw new Error('nothing was asked')
    return first
  }

  it('grow by one who has all that is committed and all that the leader began with', () => {
    expect(asked(fetch(2, 4))).toEqual([])
    const expected = { brokerId: 0, brokerEpoch: 100, leaderEpoch: 4, partitionEpoch: 10 }
    const isr = [0, 1, 2].map((brokerId) => ({ brokerId, brokerEpoch: brokerId + 100 }))
    expect(asked(fetch(2, 5))).toMatchObject([{ ...expected, isr }])
  })

  it.each<[string, () => void]>([
    ['is fenced', () => tell({ _tag: 'brokersChanged', active: new Map([[0, 100]]) })],
    ['was started anew since it fetched', () => tell({ _tag: 'brokersChanged', active: new Map([[2, 109]]) })],
  ])('do not grow by one that %s', (_what, change) => {
    change()
    expect(asked(fetch(2, 5))).toEqual([])
  })

  it('do not grow by one that has not deleted what the leader has', () => {
    tell({ _tag: 'startRaised', startOffset: 3 })
    expect(asked(fetch(2, 5))).toEqual([])
    expect(asked(fetch(2, 5, { logStart: 3 }))).toHaveLength(1)
  })

  it('count as the larger while they may have grown', () => {
    const growing = request(fetch(2, 5))
    append(1, -1, 6)
    now += 31_000
    fetch(1, 6)
    expect(replica.log.highWatermark).toBe(5)
    tell({ _tag: 'alterAnswered', asked: growing, answer: ineligible })
    expect(replica.log.highWatermark).toBe(6)
  })

  it('wait for one that is about to join, and not for one that lags', () => {
    const growing = request(fetch(2, 5))
    tell({ _tag: 'alterAnswered', asked: growing, answer: ineligible })
    append(1, 1, 6)
    fetch(1, 6)
    now += 30_000
    tell({ _tag: 'tick' })
    expect(replica.log.highWatermark).toBe(5)
    now += 1
    expect(tell({ _tag: 'tick' })).toContainEqual({ _tag: 'highWatermark', offset: 6 })
  })

  it('shrink by those that lag, and count as the larger until it is known', () => {
    register({ partitionEpoch: 11, isr: [0, 1, 2] })
    append(1, 1, 6)
    now += 30_001
    fetch(1, 6)
    const shrinking = request(tell({ _tag: 'tick' }))
    expect(shrinking.isr.map(({ brokerId }) => brokerId)).toEqual([0, 1])
    expect(replica.log.highWatermark).toBe(5)
    expect(asked(tell({ _tag: 'tick' }))).toEqual([])
    const effects = tell({
      _tag: 'alterAnswered',
      asked: shrinking,
      answer: altered({ partitionEpoch: 12, isr: [0, 1] }),
    })
    expect(effects).toEqual([{ _tag: 'highWatermark', offset: 6 }])
    expect(replica).toMatchObject({ partitionEpoch: 12, role: { isr: [0, 1], pending: undefined } })
  })

  it('do not shrink by those who had no time yet to fetch from this leader', () => {
    now += 60_000
    register({ partitionEpoch: 11, leaderEpoch: 5 })
    now += 29_000
    append(1, 1, 6)
    expect(asked(tell({ _tag: 'tick' }))).toEqual([])
    now += 1_001
    expect(request(tell({ _tag: 'tick' })).isr).toEqual([{ brokerId: 0, brokerEpoch: 100 }])
  })

  it('do not shrink by one that has at each fetch what there was at the one before', () => {
    for (let end = 6; end < 12; end++) {
      append(end, 1, end)
      now += 10_000
      fetch(1, end - 1)
      expect(asked(tell({ _tag: 'tick' }))).toEqual([])
    }
  })

  it('are asked for once at a time, and again when no answer came', () => {
    const growing = request(fetch(2, 5))
    expect(asked(fetch(2, 5))).toEqual([])
    expect(asked(tell({ _tag: 'alterLost', asked: growing }))).toEqual([growing])
    const notController = { _tag: 'refused', reason: 'not-controller' } as const
    expect(asked(tell({ _tag: 'alterAnswered', asked: growing, answer: notController }))).toEqual([growing])
    expect(asked(tell({ _tag: 'alterLost', asked: { ...growing, ticket: 99 } }))).toEqual([])
    expect(asked(tell({ _tag: 'alterLost', asked: { ...growing, brokerEpoch: 99 } }))).toEqual([])
  })

  it.each<[string, Partial<PartitionRegistration>]>([
    ['of another leader epoch', { leaderEpoch: 5, partitionEpoch: 11 }],
    ['that is no news', { partitionEpoch: 10 }],
  ])('are not what an answer says %s', (_what, change) => {
    const before = request(fetch(2, 5))
    tell({ _tag: 'alterAnswered', asked: before, answer: altered({ ...change, isr: [0, 1, 2] }) })
    expect(replica).toMatchObject({ partitionEpoch: 10, role: { isr: [0, 1], pending: { ticket: before.ticket } } })
  })

  it('are what they were when the only copy of a request is refused', () => {
    tell({ _tag: 'alterAnswered', asked: request(fetch(2, 5)), answer: ineligible })
    expect(replica).toMatchObject({ role: { isr: [0, 1], pending: undefined } })
  })

  it('are asked for as they are when a copy is refused and another may arrive', () => {
    const growing = request(fetch(2, 5))
    tell({ _tag: 'alterLost', asked: growing })
    const voiding = request(tell({ _tag: 'alterAnswered', asked: growing, answer: ineligible }))
    expect(voiding.isr.map(({ brokerId }) => brokerId)).toEqual([0, 1])
    expect(replica).toMatchObject({ role: { pending: { maximal: [0, 1, 2] } } })
  })

  it.each(['stale-broker-epoch', 'fenced-leader-epoch', 'invalid-request', 'invalid-update-version'] as const)(
    'are not known after "%s", until metadata comes',
    (reason) => {
      const growing = request(fetch(2, 5))
      expect(tell({ _tag: 'alterAnswered', asked: growing, answer: { _tag: 'refused', reason } })).toEqual([])
      expect(replica).toMatchObject({ role: { pending: { maximal: [0, 1, 2] } } })
      register({ partitionEpoch: 11, isr: [0, 1] })
      expect(replica).toMatchObject({ role: { isr: [0, 1], pending: undefined } })
    },
  )
})
