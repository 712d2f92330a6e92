import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import {
  appended,
  applyMarker,
  checkAppend,
  isExpired,
  isInTransaction,
  type ProducerBatch,
  type ProducerEntry,
  rememberedBatches,
  replayedMarker,
} from '../../../src/protocol/broker/producer-state.ts'
import { sequenceAfter } from '../../../src/protocol/sequence.ts'

const batch = (changes: Partial<ProducerBatch> = {}): ProducerBatch => ({
  producerId: 7,
  producerEpoch: 0,
  baseSequence: 0,
  lastOffsetDelta: 0,
  transactional: false,
  ...changes,
})
const at = (baseOffset: number, now = 0) => ({ baseOffset, timestamp: -1, now })
const marker = (producerEpoch: number, coordinatorEpoch = 0) => ({ producerId: 7, producerEpoch, coordinatorEpoch })

/** `ok`, `duplicate`, or why not. */
const verdict = (entry: ProducerEntry | undefined, b: ProducerBatch, origin?: 'coordinator'): string => {
  const checked = checkAppend(entry, b, origin)
  return E.isLeft(checked) ? checked.left.code : checked.right._tag
}

/** Batches of these sizes, one after the other from `firstSequence` on, in epoch 0. */
const run = (sizes: readonly number[], firstSequence = 0) => {
  let sequence = firstSequence
  let offset = 0
  return sizes.map((size) => {
    const sent = { ...batch({ baseSequence: sequence, lastOffsetDelta: size - 1 }), offset }
    sequence = sequenceAfter(sequence, size)
    offset += size
    return sent
  })
}

const sizes = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 12 })
const nearTheEnd = fc.integer({ min: 2 ** 31 - 5000, max: 2 ** 31 - 1 })

const stored = (sent: ReturnType<typeof run>): ProducerEntry | undefined =>
  sent.reduce<ProducerEntry | undefined>((entry, b) => appended(entry, b, at(b.offset)), undefined)

describe('a batch', () => {
  it('is taken in sequence, past 2^31 - 1 to 0', () =>
    fc.assert(
      fc.property(sizes, fc.oneof(fc.constant(0), nearTheEnd), (all, first) => {
        let entry: ProducerEntry | undefined
        for (const b of run(all, first)) {
          if (entry !== undefined || first === 0) expect(verdict(entry, b)).toBe('accepted')
          entry = appended(entry, b, at(b.offset))
        }
      }),
    ))

  it('that was among the last five is answered with its old place; an older one, or a part of one, is refused', () =>
    fc.assert(
      fc.property(sizes, fc.oneof(fc.constant(0), nearTheEnd), (all, first) => {
        const sent = run(all, first)
        const entry = stored(sent)
        for (const [n, b] of sent.entries()) {
          const remembered = n >= sent.length - rememberedBatches
          const checked = checkAppend(entry, b)
          if (remembered) {
            const place = { baseOffset: b.offset, lastOffset: b.offset + b.lastOffsetDelta, timestamp: -1 }
            expect(checked).toMatchObject({ right: { _tag: 'duplicate', ...place } })
          } else expect(verdict(entry, b)).toBe('out-of-order-sequence')
          expect(verdict(entry, { ...b, lastOffsetDelta: b.lastOffsetDelta + 1 })).toBe('out-of-order-sequence')
        }
      }),
    ))

  it('of any other sequence than the next is refused', () =>
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 2 ** 31 - 1 }), (all, sequence) => {
        const entry = stored(run(all))
        const next = all.reduce((sum, size) => sum + size)
        const b = batch({ baseSequence: sequence, lastOffsetDelta: 5000 })
        expect(verdict(entry, b)).toBe(sequence === next ? 'accepted' : 'out-of-order-sequence')
      }),
    ))

  it('of an older epoch is fenced, and of a newer one begins at 0 and forgets the batches before', () => {
    const entry = appended(undefined, batch({ producerEpoch: 3, baseSequence: 0 }), at(0))
    expect(verdict(entry, batch({ producerEpoch: 2, baseSequence: 1 }))).toBe('invalid-producer-epoch')
    expect(verdict(entry, batch({ producerEpoch: 4, baseSequence: 1 }))).toBe('out-of-order-sequence')
    expect(verdict(entry, batch({ producerEpoch: 4 }))).toBe('accepted')
    expect(appended(entry, batch({ producerEpoch: 4 }), at(1)).batches).toHaveLength(1)
  })

  it('of an unknown producer must begin at 0, and says that nothing is known', () => {
    expect(verdict(undefined, batch())).toBe('accepted')
    expect(checkAppend(undefined, batch({ baseSequence: 5 }))).toMatchObject({
      left: { code: 'out-of-order-sequence', unknownProducer: true },
    })
    const known = appended(undefined, batch(), at(0))
    expect(checkAppend(known, batch({ baseSequence: 5 }))).toMatchObject({ left: { unknownProducer: false } })
  })

  it('outside of the open transaction is refused', () => {
    const open = appended(undefined, batch({ transactional: true }), at(0))
    expect(verdict(open, batch({ baseSequence: 1 }))).toBe('invalid-transaction-state')
    expect(verdict(open, batch({ baseSequence: 1, transactional: true }))).toBe('accepted')
  })

  it('of the next transaction waits for the marker of the last', () => {
    const open = appended(undefined, batch({ transactional: true }), at(0))
    const next = batch({ producerEpoch: 1, transactional: true })
    expect(isInTransaction(open, next)).toBe(false)
    expect(verdict(open, next)).toBe('concurrent-transactions')
    expect(verdict(replayedMarker(open, marker(1), 0), next)).toBe('accepted')
  })

  it('that a group coordinator writes has no sequence, but an epoch', () => {
    const offsets = batch({ producerEpoch: 3, baseSequence: -1, transactional: true })
    expect(verdict(undefined, offsets, 'coordinator')).toBe('accepted')
    const entry = appended(undefined, offsets, at(9))
    expect(entry).toMatchObject({ openTransaction: 9, batches: [] })
    expect(verdict(entry, offsets, 'coordinator')).toBe('accepted')
    expect(verdict(entry, { ...offsets, producerEpoch: 2 }, 'coordinator')).toBe('invalid-producer-epoch')
  })
})

describe('a marker', () => {
  const open = appended(undefined, batch({ producerEpoch: 3, transactional: true }), at(4))
  const ended = replayedMarker(open, marker(4, 2), 0)

  it('ends a transaction only with an epoch above that of its data', () => {
    expect(open.openTransaction).toBe(4)
    expect(applyMarker(open, marker(2), 0)).toMatchObject({ left: { code: 'invalid-producer-epoch' } })
    expect(applyMarker(open, marker(3), 0)).toMatchObject({ left: { code: 'invalid-producer-epoch' } })
    expect(applyMarker(open, marker(4), 0)).toMatchObject({ right: { openTransaction: -1, epoch: 4, batches: [] } })
  })

  it('may be repeated while nothing is open, and never ends the next transaction', () => {
    expect(applyMarker(ended, marker(4, 2), 0)).toEqual(E.right(ended))
    expect(applyMarker(ended, marker(3, 2), 0)).toMatchObject({ left: { code: 'invalid-producer-epoch' } })
    const next = appended(ended, batch({ producerEpoch: 4, transactional: true }), at(9))
    expect(applyMarker(next, marker(4, 2), 0)).toMatchObject({ left: { code: 'invalid-producer-epoch' } })
  })

  it('of an older coordinator is refused', () => {
    expect(applyMarker(ended, marker(5, 1), 0)).toMatchObject({ left: { code: 'coordinator-fenced' } })
    expect(applyMarker(ended, marker(5, 2), 0)).toMatchObject({ right: { coordinatorEpoch: 2 } })
  })

  it('of a producer that never wrote here fences what it may still send', () => {
    const entry = replayedMarker(undefined, marker(4), 0)
    expect(applyMarker(undefined, marker(4), 0)).toEqual(E.right(entry))
    expect(verdict(entry, batch({ producerEpoch: 3 }))).toBe('invalid-producer-epoch')
    expect(verdict(entry, batch({ producerEpoch: 4 }))).toBe('accepted')
  })
})

describe('forgetting a producer', () => {
  it('goes by append time, and never happens within a transaction', () => {
    const entry = appended(undefined, batch(), at(0, 1000))
    expect(isExpired(entry, { now: 1999, expirationMs: 1000 })).toBe(false)
    expect(isExpired(entry, { now: 2000, expirationMs: 1000 })).toBe(true)
    expect(isExpired(entry, { now: 0, expirationMs: 1000 })).toBe(false)
    const open = appended(entry, batch({ baseSequence: 1, transactional: true }), at(1, 1000))
    expect(isExpired(open, { now: 9000, expirationMs: 1000 })).toBe(false)
    expect(isExpired(replayedMarker(open, marker(1), 9000), { now: 9500, expirationMs: 1000 })).toBe(false)
  })
})
