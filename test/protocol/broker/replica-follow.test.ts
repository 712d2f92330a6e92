import { beforeEach, describe, expect, it } from 'vitest'
import type { PartitionRegistration } from '../../../src/protocol/broker/partition-registration.ts'
import { stepReplica } from '../../../src/protocol/broker/replica.ts'
import type {
  FetchedAnswer,
  FollowerFetch,
  ReplicaCommand,
  ReplicaEffect,
} from '../../../src/protocol/broker/replica-messages.ts'
import { loadReplica, type Replica } from '../../../src/protocol/broker/replica-state.ts'

const registration: PartitionRegistration = {
  replicas: [0, 1],
  leader: 1,
  leaderEpoch: 6,
  partitionEpoch: 1,
  isr: [0, 1],
  elr: [],
  lastKnownElr: [],
  recovering: false,
}
const epochs = (...all: readonly (readonly [number, number])[]) =>
  all.map(([epoch, startOffset]) => ({ epoch, startOffset }))

let replica: Replica
const tell = (command: ReplicaCommand): readonly ReplicaEffect[] => {
  const [next, effects] = stepReplica(replica, command)
  replica = next
  return effects
}
const register = (change: Partial<PartitionRegistration> = {}) =>
  tell({ _tag: 'registered', registration: { ...registration, ...change }, now: 0 })
const fetchNext = (): FollowerFetch => {
  const [effect] = tell({ _tag: 'fetchNext', now: 0 })
  if (effect?._tag !== 'sendFetch') throw new Error('it does not fetch')
  return effect.fetch
}
const answer = (answer: FetchedAnswer, fetch = fetchNext()) => tell({ _tag: 'fetched', fetch, answer, now: 0 })
const served = { _tag: 'served', offset: 20, endOffset: 20, logStart: 0, highWatermark: 15, epochs: [] } as const

/** A log of 5..20 with records of the epochs 2, 4 and 5. */
const load = (log: Partial<Replica['log']> = {}) => {
  const found = { start: 5, end: 20, epochs: epochs([2, 5], [4, 10], [5, 15]), highWatermark: 12 }
  const settings = { minInsyncReplicas: 1, replicaLagTimeMaxMs: 30_000 }
  replica = loadReplica({ name: 'orders-0', brokerId: 0, brokerEpoch: 9, settings, log: { ...found, ...log } })
}

beforeEach(() => {
  load()
  register()
})

describe('a replica that was loaded', () => {
  it.each([
    ['beyond its end', 30, 20],
    ['before its start', 0, 5],
  ])('brings a checkpointed high watermark %s into its log', (_where, highWatermark, is) => {
    load({ highWatermark })
    expect(replica.log.highWatermark).toBe(is)
  })

  it('forgets an epoch that has no record left', () => {
    load({ epochs: epochs([2, 5], [5, 20]) })
    expect(replica.log.epochs).toEqual(epochs([2, 5]))
  })

  it('does nothing until the controller has told it what it is', () => {
    load()
    expect(tell({ _tag: 'fetchNext', now: 0 })).toEqual([])
    expect(tell({ _tag: 'tick', now: 0 })).toEqual([])
  })
})

describe('a replica that follows', () => {
  it('asks for what comes after its log, and tells its last epoch', () => {
    const asked = { brokerId: 0, brokerEpoch: 9, leaderEpoch: 6, offset: 20, logStart: 5, lastFetchedEpoch: 5 }
    expect(fetchNext()).toMatchObject(asked)
  })

  it('asks nobody where nobody leads, or where it is no replica', () => {
    register({ partitionEpoch: 2, leaderEpoch: 7, leader: undefined })
    expect(tell({ _tag: 'fetchNext', now: 0 })).toEqual([])
    register({ partitionEpoch: 3, leaderEpoch: 7, replicas: [1, 2] })
    expect(replica.role._tag).toBe('idle')
  })

  it('appends what it gets, and then hears what is committed of it', () => {
    const effects = answer({ ...served, endOffset: 25, epochs: epochs([5, 20], [6, 23]), highWatermark: 24 })
    expect(effects).toEqual([
      { _tag: 'append', endOffset: 25 },
      { _tag: 'highWatermark', offset: 24 },
    ])
    expect(replica.log).toMatchObject({ end: 25, epochs: epochs([2, 5], [4, 10], [5, 15], [6, 23]) })
  })

  it('takes nothing for committed that it does not have', () => {
    answer({ ...served, highWatermark: 99 })
    expect(replica.log.highWatermark).toBe(20)
  })

  it("takes its leader's word that less is committed than it had heard", () => {
    expect(answer({ ...served, highWatermark: 7 })).toEqual([{ _tag: 'highWatermark', offset: 7 }])
    expect(replica.log.highWatermark).toBe(7)
  })

  it('deletes what the leader has deleted', () => {
    expect(answer({ ...served, logStart: 12 })).toContainEqual({ _tag: 'raiseStart', startOffset: 12 })
    expect(replica.log).toMatchObject({ start: 12, epochs: epochs([4, 12], [5, 15]) })
  })

  it.each<[string, { epoch: number; endOffset: number }, number]>([
    ['the leader has less of the epoch', { epoch: 5, endOffset: 17 }, 17],
    ['the leader has more of an earlier epoch', { epoch: 4, endOffset: 30 }, 15],
    ['the leader has less of an earlier epoch', { epoch: 4, endOffset: 11 }, 11],
    ['this log does not have the epoch', { epoch: 3, endOffset: 12 }, 10],
    ['this log does not have the epoch, which the leader begins before', { epoch: 3, endOffset: 8 }, 10],
    ['this log does not go back as far', { epoch: 1, endOffset: 8 }, 5],
  ])('cuts its log where %s', (_what, parting, endOffset) => {
    expect(answer({ _tag: 'diverging', ...parting })).toEqual([{ _tag: 'truncate', endOffset }])
    expect(replica.log).toMatchObject({ start: 5, end: endOffset, highWatermark: Math.min(12, endOffset) })
  })

  it('forgets an epoch of its own in which it wrote nothing, although nothing is cut', () => {
    register({ partitionEpoch: 2, leader: 0, leaderEpoch: 7 })
    register({ partitionEpoch: 3, leaderEpoch: 8 })
    expect(fetchNext().lastFetchedEpoch).toBe(7)
    expect(answer({ _tag: 'diverging', epoch: 5, endOffset: 22 })).toEqual([])
    expect(fetchNext()).toMatchObject({ offset: 20, lastFetchedEpoch: 5 })
  })

  it.each<[string, { logStart: number; logEnd: number }, readonly ReplicaEffect[]]>([
    ['the leader has less', { logStart: 0, logEnd: 18 }, [{ _tag: 'truncate', endOffset: 18 }]],
    ['the leader begins behind its end', { logStart: 40, logEnd: 50 }, [{ _tag: 'restartLog', startOffset: 40 }]],
    ['the leader ends before its start', { logStart: 0, logEnd: 3 }, [{ _tag: 'restartLog', startOffset: 3 }]],
    ['it is in range by now', { logStart: 0, logEnd: 30 }, []],
  ])('goes on when it is out of range and %s', (_what, range, effects) => {
    expect(answer({ _tag: 'outOfRange', ...range })).toEqual(effects)
  })

  it('begins anew without epochs', () => {
    answer({ _tag: 'outOfRange', logStart: 40, logEnd: 50 })
    expect(replica.log).toEqual({ start: 40, end: 40, epochs: [], highWatermark: 40 })
    expect(fetchNext()).toMatchObject({ offset: 40, lastFetchedEpoch: undefined })
  })

  const diverging: FetchedAnswer = { _tag: 'diverging', epoch: 4, endOffset: 11 }

  it('ignores an answer that comes twice, or after the next fetch', () => {
    const first = fetchNext()
    const second = fetchNext()
    expect(answer(diverging, first)).toEqual([])
    expect(answer(served, second)).not.toEqual([])
    expect(answer(diverging, second)).toEqual([])
  })

  it('ignores an answer to an earlier life, and one from an earlier leader', () => {
    const fetch = fetchNext()
    expect(answer(diverging, { ...fetch, brokerEpoch: 8 })).toEqual([])
    register({ partitionEpoch: 2, leaderEpoch: 7 })
    expect(answer(diverging, fetch)).toEqual([])
  })

  it('keeps its fetch when only the ISR changes, and waits when it is refused', () => {
    const fetch = fetchNext()
    register({ partitionEpoch: 2, isr: [1] })
    expect(answer({ _tag: 'refused', reason: 'not-leader' }, fetch)).toEqual([])
    expect(fetchNext().ticket).toBe(fetch.ticket + 1)
  })

  it('does not go back to what it was told before', () => {
    register({ partitionEpoch: 0, leader: 0, leaderEpoch: 5 })
    expect(replica.role._tag).toBe('following')
  })
})
