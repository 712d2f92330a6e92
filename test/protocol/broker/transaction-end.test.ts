import { describe, expect, it } from 'vitest'
import type { TransactionPhase, TransactionRecord } from '../../../src/protocol/broker/transaction-state.ts'
import { codeOf, TestCoordinator } from '../../support/transactions.ts'

const current = 5
const recordIn = (phase: TransactionPhase): TransactionRecord => ({
  phase,
  producerId: 7,
  previousProducerId: 7,
  nextProducerId: -1,
  epoch: current,
  timeoutMs: 1000,
  partitions: phase === 'Ongoing' || phase.startsWith('Prepare') ? [{ topic: 't', partition: 0 }] : [],
  startedAtMs: 0,
  updatedAtMs: 0,
})

type Epoch = 'same' | 'retry' | 'older' | 'newer'
const epochs: Record<Epoch, number> = { same: current, retry: current - 1, older: current - 2, newer: current + 1 }

const fenced = 'producer-fenced'
const wrong = 'invalid-transaction-state'
const wait = 'concurrent-transactions'

/** What KIP-890's second part says: for each phase, request and epoch, the code, and the phase that follows. */
const table: Record<TransactionPhase, Record<'commit' | 'abort', Record<Epoch, string>>> = {
  Empty: {
    commit: { same: wrong, retry: fenced, older: fenced, newer: fenced },
    abort: { same: 'PrepareAbort', retry: fenced, older: fenced, newer: fenced },
  },
  Ongoing: {
    commit: { same: 'PrepareCommit', retry: fenced, older: fenced, newer: fenced },
    abort: { same: 'PrepareAbort', retry: fenced, older: fenced, newer: fenced },
  },
  PrepareCommit: {
    commit: { same: fenced, retry: wait, older: fenced, newer: fenced },
    abort: { same: fenced, retry: wrong, older: fenced, newer: fenced },
  },
  PrepareAbort: {
    commit: { same: fenced, retry: wrong, older: fenced, newer: fenced },
    abort: { same: fenced, retry: wait, older: fenced, newer: fenced },
  },
  CompleteCommit: {
    commit: { same: wrong, retry: 'ok', older: fenced, newer: fenced },
    abort: { same: 'PrepareAbort', retry: wrong, older: fenced, newer: fenced },
  },
  CompleteAbort: {
    commit: { same: wrong, retry: wrong, older: fenced, newer: fenced },
    abort: { same: 'PrepareAbort', retry: 'ok', older: fenced, newer: fenced },
  },
}

describe.each(Object.entries(table) as [TransactionPhase, (typeof table)['Empty']][])('in %s', (phase, requests) => {
  describe.each(['commit', 'abort'] as const)('%s', (wanted) => {
    it.each(Object.entries(requests[wanted]) as [Epoch, string][])('with the %s epoch: %s', (epoch, outcome) => {
      const coordinator = new TestCoordinator({ record: recordIn(phase) })
      const before = coordinator.state
      const commit = wanted === 'commit'
      const reply = coordinator.send({
        _tag: 'endTransaction',
        request: 1,
        producerId: 7,
        epoch: epochs[epoch],
        commit,
        now: 10,
      })
      if (outcome.startsWith('Prepare')) {
        expect(coordinator.written[0]).toMatchObject({ phase: outcome, epoch: current + 1 })
        expect(reply).toEqual({ _tag: 'identity', producerId: 7, epoch: current + 1 })
        coordinator.finish()
        expect(coordinator.state.record).toMatchObject({
          phase: outcome.replace('Prepare', 'Complete'),
          epoch: current + 1,
          partitions: [],
        })
      } else {
        expect(codeOf(reply)).toBe(outcome)
        if (outcome === 'ok') expect(reply).toEqual({ _tag: 'identity', producerId: 7, epoch: current })
        expect(coordinator.state).toEqual(before)
      }
    })
  })
})

describe('a request of another producer id', () => {
  it.each(Object.keys(table) as TransactionPhase[])('is refused in %s', (phase) => {
    const coordinator = new TestCoordinator({ record: recordIn(phase) })
    const asked = { _tag: 'endTransaction', request: 1, producerId: 8, epoch: current, commit: true, now: 0 } as const
    expect(codeOf(coordinator.send(asked))).toBe('invalid-producer-id-mapping')
  })

  it('is refused for an id that nobody has', () => {
    const asked = { _tag: 'endTransaction', request: 1, producerId: 8, epoch: 0, commit: true, now: 0 } as const
    expect(codeOf(new TestCoordinator().send(asked))).toBe('invalid-producer-id-mapping')
  })
})

describe('when the epochs run out', () => {
  const last: TransactionRecord = { ...recordIn('Ongoing'), epoch: 32766 }
  const commit = { _tag: 'endTransaction', request: 1, producerId: 7, epoch: 32766, commit: true, now: 0 } as const

  it('ends with epoch 32767 in the markers, and goes on with the next producer id at epoch 0', () => {
    const coordinator = new TestCoordinator({ record: last })
    expect(coordinator.send(commit)).toEqual({ _tag: 'identity', producerId: 100, epoch: 0 })
    expect(coordinator.markers[0]).toMatchObject({ producerId: 7, epoch: 32767, commit: true })
    expect(codeOf(coordinator.send(commit))).toBe(wait)
    coordinator.reload()
    expect(coordinator.markers[0]).toMatchObject({ producerId: 7, epoch: 32767, commit: true, coordinatorEpoch: 1 })
    coordinator.finish()
    expect(coordinator.state.record).toMatchObject({ phase: 'CompleteCommit', producerId: 100, epoch: 0 })
    expect(coordinator.send(commit)).toEqual({ _tag: 'identity', producerId: 100, epoch: 0 })
    expect(codeOf(coordinator.send({ ...commit, commit: false }))).toBe(wrong)
  })

  it('takes the late copy for a stranger once the next transaction has begun', () => {
    const coordinator = new TestCoordinator({ record: last })
    coordinator.send(commit)
    coordinator.finish()
    const partitions = [{ topic: 't', partition: 0 }]
    coordinator.send({ _tag: 'addPartitions', request: 2, producerId: 100, epoch: 0, partitions, now: 1 })
    expect(codeOf(coordinator.send(commit))).toBe('invalid-producer-id-mapping')
    expect(coordinator.state.record).toMatchObject({ phase: 'Ongoing', producerId: 100 })
  })

  it('lets the next producer wait while the markers of the last are under way', () => {
    const coordinator = new TestCoordinator({ record: last })
    coordinator.send(commit)
    const add = {
      _tag: 'addPartitions',
      request: 2,
      epoch: 0,
      partitions: [{ topic: 't', partition: 0 }],
      now: 1,
    } as const
    expect(codeOf(coordinator.send({ ...add, producerId: 100 }))).toBe(wait)
    expect(codeOf(coordinator.send({ ...add, producerId: 7, epoch: 32766 }))).toBe(fenced)
    coordinator.finish()
    expect(codeOf(coordinator.send({ ...add, producerId: 100 }))).toBe('ok')
  })

  it('never gives away the epoch of a fence', () => {
    const coordinator = new TestCoordinator({ record: last })
    coordinator.send({ _tag: 'tick', now: 10_000, idExpirationMs: 1e9 })
    expect(coordinator.markers[0]).toMatchObject({ epoch: 32767, commit: false })
    coordinator.finish()
    expect(codeOf(coordinator.send({ ...commit, commit: false }))).toBe(fenced)
    const init = { _tag: 'initProducerId', request: 3, timeoutMs: 1000, now: 0 } as const
    expect(coordinator.send(init)).toEqual({ _tag: 'identity', producerId: 100, epoch: 0 })
  })
})
