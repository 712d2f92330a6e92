import { describe, expect, it } from 'vitest'
import { engineFailure } from '../../../src/contracts/failure.ts'
import { loadTransaction, stepTransaction } from '../../../src/protocol/broker/transaction.ts'
import type { TransactionCommand } from '../../../src/protocol/broker/transaction-messages.ts'
import type { TransactionRecord } from '../../../src/protocol/broker/transaction-state.ts'
import { codeOf, TestCoordinator } from '../../support/transactions.ts'

const p = (partition: number) => ({ topic: 't', partition })
const init = (changes: Partial<Extract<TransactionCommand, { _tag: 'initProducerId' }>> = {}) =>
  ({ _tag: 'initProducerId', request: 1, timeoutMs: 1000, now: 0, ...changes }) as const
const add = (epoch: number, partitions = [p(0)], producerId = 100, now = 0) =>
  ({ _tag: 'addPartitions', request: 2, producerId, epoch, partitions, now }) as const
const end = (epoch: number, commit = true, producerId = 100) =>
  ({ _tag: 'endTransaction', request: 3, producerId, epoch, commit, now: 0 }) as const
const identity = (epoch: number, producerId = 100) => ({ _tag: 'identity', producerId, epoch })

/** A coordinator whose id is in a transaction with one partition, at epoch 0. */
const ongoing = () => {
  const coordinator = new TestCoordinator()
  coordinator.send(init())
  coordinator.send(add(0))
  return coordinator
}

describe('taking over a transactional id', () => {
  it('gives a new producer id at epoch 0, and a higher epoch to each that follows', () => {
    const coordinator = new TestCoordinator()
    expect(coordinator.send(init())).toEqual(identity(0))
    expect(coordinator.send(init())).toEqual(identity(1))
    expect(codeOf(coordinator.send(add(0)))).toBe('producer-fenced')
    expect(codeOf(coordinator.send(add(1)))).toBe('ok')
  })

  it('aborts the open transaction first, and then gives an epoch above that of its markers', () => {
    const coordinator = ongoing()
    expect(codeOf(coordinator.send(init()))).toBe('concurrent-transactions')
    expect(coordinator.markers).toMatchObject([{ epoch: 1, commit: false, partitions: [p(0)] }])
    expect(codeOf(coordinator.send(init()))).toBe('concurrent-transactions')
    expect(codeOf(coordinator.send(end(0)))).toBe('invalid-transaction-state')
    coordinator.finish()
    expect(coordinator.send(init())).toEqual(identity(2))
    expect(codeOf(coordinator.send(end(1, false)))).toBe('producer-fenced')
  })

  it('with the present identity gives its owner the next epoch, and the same once more if it asks again', () => {
    const coordinator = new TestCoordinator()
    coordinator.send(init())
    const owner = init({ identity: { producerId: 100, epoch: 0 } })
    expect(coordinator.send(owner)).toEqual(identity(1))
    expect(coordinator.send(owner)).toEqual(identity(1))
    coordinator.send(init())
    expect(codeOf(coordinator.send(owner))).toBe('producer-fenced')
    expect(codeOf(coordinator.send(init({ identity: { producerId: 9, epoch: 2 } })))).toBe('producer-fenced')
  })

  it('with the present identity, in a transaction, aborts it and lets its owner go on', () => {
    const coordinator = ongoing()
    const owner = init({ identity: { producerId: 100, epoch: 0 } })
    expect(codeOf(coordinator.send(owner))).toBe('concurrent-transactions')
    coordinator.finish()
    expect(coordinator.send(owner)).toEqual(identity(1))
  })

  it('with an older identity touches nothing, not even an open transaction', () => {
    const coordinator = new TestCoordinator()
    coordinator.send(init())
    const late = init({ identity: { producerId: 100, epoch: 0 } })
    coordinator.send(late)
    coordinator.send(add(1))
    expect(codeOf(coordinator.send(late))).toBe('producer-fenced')
    expect(coordinator.state.record).toMatchObject({ phase: 'Ongoing', epoch: 1 })
  })

  it('takes another producer id when the epochs have run out, and knows a repeated request by the old one', () => {
    const record: TransactionRecord = {
      phase: 'CompleteCommit',
      producerId: 7,
      previousProducerId: 7,
      nextProducerId: -1,
      epoch: 32766,
      timeoutMs: 1000,
      partitions: [],
      startedAtMs: 0,
      updatedAtMs: 0,
    }
    const owner = init({ identity: { producerId: 7, epoch: 32766 } })
    const coordinator = new TestCoordinator({ record })
    expect(coordinator.send(owner)).toEqual(identity(0))
    expect(coordinator.send(owner)).toEqual(identity(0))
    expect(new TestCoordinator({ record }).send(init())).toEqual(identity(0))
  })

  it('refuses a timeout of nothing, and one above a quarter of an hour', () => {
    for (const timeoutMs of [0, -1, 900_001]) {
      expect(codeOf(new TestCoordinator().send(init({ timeoutMs })))).toBe('invalid-transaction-timeout')
    }
    expect(codeOf(new TestCoordinator().send(init({ timeoutMs: 900_000 })))).toBe('ok')
  })
})

describe('partitions of a transaction', () => {
  it('are added once, several at a time, and only what is new is written', () => {
    const coordinator = new TestCoordinator()
    coordinator.send(init())
    coordinator.send(add(0, [p(0), p(1), p(0)]))
    const writes = coordinator.written.length
    expect(codeOf(coordinator.send(add(0, [p(1)])))).toBe('ok')
    expect(coordinator.written).toHaveLength(writes)
    coordinator.send(add(0, [p(2)]))
    expect(coordinator.state.record?.partitions).toEqual([p(0), p(1), p(2)])
  })

  it('are no longer added while the transaction ends', () => {
    const coordinator = ongoing()
    coordinator.send(end(0))
    expect(codeOf(coordinator.send(add(1)))).toBe('concurrent-transactions')
    expect(codeOf(coordinator.send(add(0)))).toBe('producer-fenced')
    coordinator.finish()
    expect(codeOf(coordinator.send(add(1)))).toBe('ok')
    expect(codeOf(coordinator.send(add(1, [p(0)], 5)))).toBe('invalid-producer-id-mapping')
    expect(codeOf(new TestCoordinator().send(add(0)))).toBe('invalid-producer-id-mapping')
  })
})

describe('the markers of a transaction', () => {
  it('complete it when the last partition has one, and are sent anew by the coordinator that follows', () => {
    const coordinator = new TestCoordinator()
    coordinator.send(init())
    coordinator.send(add(0, [p(0), p(1)]))
    coordinator.send(end(0))
    const written = { _tag: 'markersWritten', producerId: 100, epoch: 1, now: 0 } as const
    coordinator.send({ ...written, partitions: [p(0)] })
    expect(coordinator.state.record?.phase).toBe('PrepareCommit')
    coordinator.reload()
    expect(coordinator.markers).toMatchObject([
      { partitions: [p(0), p(1)], epoch: 1, commit: true, coordinatorEpoch: 1 },
    ])
    coordinator.send({ ...written, epoch: 0, partitions: [p(0), p(1)] })
    expect(coordinator.state.record?.phase).toBe('PrepareCommit')
    coordinator.finish()
    expect(coordinator.state.record).toMatchObject({ phase: 'CompleteCommit', epoch: 1, partitions: [] })
  })

  it('if refused, show that somebody else coordinates', () => {
    const coordinator = ongoing()
    coordinator.send(end(0))
    coordinator.send({ _tag: 'markersRefused' })
    expect(codeOf(coordinator.send(init()))).toBe('coordinator-fenced')
    coordinator.send({ _tag: 'tick', now: 1e9, idExpirationMs: 0 })
    expect(coordinator.state.record?.phase).toBe('PrepareCommit')
  })
})

describe('time', () => {
  it('aborts a transaction past its timeout, at an epoch above its owner', () => {
    const coordinator = ongoing()
    coordinator.send({ _tag: 'tick', now: 1000, idExpirationMs: 1e9 })
    expect(coordinator.state.record?.phase).toBe('Ongoing')
    coordinator.send({ _tag: 'tick', now: 1001, idExpirationMs: 1e9 })
    expect(coordinator.markers).toMatchObject([{ epoch: 1, commit: false }])
    coordinator.finish()
    expect(codeOf(coordinator.send(end(0)))).toBe('invalid-transaction-state')
    expect(coordinator.send(end(0, false))).toEqual(identity(1))
  })

  it('counts from the first partition of a transaction, not from the last', () => {
    const coordinator = ongoing()
    coordinator.send(add(0, [p(1)], 100, 900))
    coordinator.send({ _tag: 'tick', now: 1001, idExpirationMs: 1e9 })
    expect(coordinator.state.record?.phase).toBe('PrepareAbort')
  })

  it('forgets an idle id, which then begins anew with another producer id', () => {
    const coordinator = new TestCoordinator()
    coordinator.send(init())
    coordinator.send({ _tag: 'tick', now: 499, idExpirationMs: 500 })
    expect(coordinator.state.record).toBeDefined()
    coordinator.send({ _tag: 'tick', now: 500, idExpirationMs: 500 })
    expect(coordinator.written.at(-1)).toBeUndefined()
    expect(codeOf(coordinator.send(add(0)))).toBe('invalid-producer-id-mapping')
    expect(coordinator.send(init())).toEqual(identity(0, 101))
  })

  it('aborts at once what is known to be abandoned', () => {
    const coordinator = ongoing()
    coordinator.send({ _tag: 'abandoned', now: 0 })
    coordinator.finish()
    expect(coordinator.state.record).toMatchObject({ phase: 'CompleteAbort', epoch: 1 })
  })
})

describe('a write under way', () => {
  const loaded = (record: TransactionRecord | undefined) =>
    loadTransaction({ transactionalId: 'tx', coordinatorEpoch: 0, record, now: 0 })[0]
  const failure = engineFailure('timed-out', 'no answer from the disk')
  const record = ongoing().state.record

  it('changes nothing before it is durable, and is answered only then', () => {
    const [writing, effects] = stepTransaction(loaded(record), end(0))
    expect(effects).toMatchObject([{ _tag: 'persist', record: { phase: 'PrepareCommit', epoch: 1 } }])
    expect(writing.record).toBe(record)
    for (const other of [add(0, [p(3)]), end(0, false), init()]) {
      const [same, answers] = stepTransaction(writing, other)
      expect(same).toBe(writing)
      expect(answers).toMatchObject([{ reply: { failure: { code: 'concurrent-transactions' } } }])
    }
    const [, after] = stepTransaction(writing, { _tag: 'persisted' })
    expect(after).toMatchObject([
      { _tag: 'reply', reply: identity(1) },
      { _tag: 'writeMarkers', epoch: 1 },
    ])
  })

  it('that fails leaves everything as it was, and the same may be asked for again', () => {
    const [writing] = stepTransaction(loaded(record), end(0))
    const [after, answers] = stepTransaction(writing, { _tag: 'persistFailed', failure })
    expect(answers).toEqual([{ _tag: 'reply', request: 3, reply: { _tag: 'refused', failure } }])
    expect(after).toEqual(loaded(record))
  })

  it('of a fence that fails holds all the same, and is not raised again', () => {
    const [writing] = stepTransaction(loaded(record), init())
    const [fenced] = stepTransaction(writing, { _tag: 'persistFailed', failure })
    expect(stepTransaction(fenced, end(0))[1]).toMatchObject([{ reply: { failure: { code: 'producer-fenced' } } }])
    const [, effects] = stepTransaction(fenced, init())
    expect(effects).toMatchObject([{ _tag: 'persist', record: { phase: 'PrepareAbort', epoch: 1 } }])
  })

  it('of a completion that fails is tried again by the clock', () => {
    const coordinator = ongoing()
    coordinator.send(end(0))
    const [completing] = stepTransaction(coordinator.state, {
      _tag: 'markersWritten',
      producerId: 100,
      epoch: 1,
      partitions: [p(0)],
      now: 0,
    })
    const [failed] = stepTransaction(completing, { _tag: 'persistFailed', failure })
    const [, effects] = stepTransaction(failed, { _tag: 'tick', now: 5, idExpirationMs: 1e9 })
    expect(effects).toMatchObject([{ _tag: 'persist', record: { phase: 'CompleteCommit' } }])
  })

  it('needs no answer twice', () => {
    const state = loaded(record)
    for (const late of [
      { _tag: 'persisted' },
      { _tag: 'persistFailed', failure },
      { _tag: 'producerIdAllocated', producerId: 1 },
    ] as const) {
      expect(stepTransaction(state, late)).toEqual([state, []])
    }
  })

  it('waits for a producer id, and is refused where there is none', () => {
    const [waiting, effects] = stepTransaction(loaded(undefined), init())
    expect(effects).toEqual([{ _tag: 'allocateProducerId' }])
    expect(stepTransaction(waiting, init())[1]).toMatchObject([
      { reply: { failure: { code: 'concurrent-transactions' } } },
    ])
    const [after, answers] = stepTransaction(waiting, { _tag: 'producerIdRefused', failure })
    expect(after).toEqual(loaded(undefined))
    expect(answers).toEqual([{ _tag: 'reply', request: 1, reply: { _tag: 'refused', failure } }])
  })
})
