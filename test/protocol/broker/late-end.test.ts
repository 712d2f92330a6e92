import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { checkAppend, type ProducerEntry, replayedMarker } from '../../../src/protocol/broker/producer-state.ts'
import { stepTransaction } from '../../../src/protocol/broker/transaction.ts'
import { type Rules, realRules, type TestBatch, TransactionWorld } from '../../support/transaction-world.ts'

/** What happens in the second transaction; the late request may arrive before each, and after the last. */
const points = ['nothing', 'a batch', 'its retry', 'a batch elsewhere', 'a second batch', 'the end'] as const

interface Outcome {
  readonly first: boolean
  readonly second: boolean
}

/**
 * A producer's first transaction ends as `first` says, and a copy of that request arrives once more, at `late` in the
 * second transaction, which ends as `second` says. Answers what is wrong with what readers see; nothing is right.
 */
const run = (rules: Rules, { first, second }: Outcome, late: number): string[] => {
  const world = new TransactionWorld(rules)
  const start = world.ask({ _tag: 'initProducerId', request: 0, timeoutMs: 1000, now: 0 })
  const firstEnd = { _tag: 'endTransaction', request: 1, ...identity(start), commit: first, now: 0 } as const
  world.append(0, batch(start, 0, 'a1'))
  const next = world.ask(firstEnd)
  const codes: string[] = []
  const steps = [
    () => codes.push(world.append(0, batch(next, 0, 'b1'))),
    () => codes.push(world.append(0, batch(next, 0, 'b1'))),
    () => codes.push(world.append(1, batch(next, 0, 'b2'))),
    () => codes.push(world.append(0, batch(next, 1, 'b3'))),
    () => codes.push(world.ask({ ...firstEnd, request: 2, ...identity(next), commit: second }).code),
  ]
  for (const [point, step] of steps.entries()) {
    if (point === late) world.ask(firstEnd)
    step()
  }
  if (late >= steps.length) world.ask(firstEnd)
  const seen = world.partitions.map((p) => p.visible().join(' '))
  const expected = [[...(first ? ['a1'] : []), ...(second ? ['b1', 'b3'] : [])].join(' '), second ? 'b2' : '']
  return [
    ...codes.filter((code) => code !== 'ok'),
    ...(seen.join('|') === expected.join('|') ? [] : [`${seen.join('|')} was seen, not ${expected.join('|')}`]),
  ]
}

const identity = ({ producerId, epoch }: { producerId: number; epoch: number }) => ({ producerId, epoch })

const batch = ({ producerId, epoch }: { producerId: number; epoch: number }, sequence: number, value: string) =>
  ({
    producerId,
    producerEpoch: epoch,
    baseSequence: sequence,
    lastOffsetDelta: 0,
    transactional: true,
    value,
  }) satisfies TestBatch

const pairs: readonly Outcome[] = [
  { first: true, second: false },
  { first: false, second: true },
]
const wrongs = (rules: Rules): string[] =>
  pairs.flatMap((outcome) => points.flatMap((_, late) => run(rules, outcome, late)))

/** Transactions as they were before KIP-890's second part: all of them in one epoch. */
const oneEpoch: Rules = {
  ...realRules,
  applyMarker: (entry, marker, now) => E.right(replayedMarker(entry, marker, now)),
  checkAppend: (entry, sent) => {
    const checked = checkAppend(entry, sent)
    return E.isLeft(checked) && checked.left.code === 'out-of-order-sequence'
      ? E.right({ _tag: 'accepted' as const })
      : checked
  },
  stepTransaction: (state, command) => {
    const [next, effects] = stepTransaction(state, command)
    const { pending } = next
    if (command._tag !== 'endTransaction' || pending?._tag !== 'writing' || pending.next === undefined)
      return [next, effects]
    const record = { ...pending.next, epoch: pending.next.epoch - 1 }
    const reply =
      pending.reply === undefined
        ? {}
        : { reply: { ...pending.reply, reply: { _tag: 'identity' as const, ...identity(record) } } }
    return [
      { ...next, pending: { ...pending, next: record, ...reply } },
      effects.map((e) => (e._tag === 'persist' ? { ...e, record } : e)),
    ]
  },
}

describe('a request to end a transaction that arrives once more in the next one', () => {
  describe.each(pairs)('first commits: $first, second commits: $second', (outcome) => {
    it.each(points.map((after, late) => ({ after, late })))('changes nothing after $after', ({ late }) => {
      expect(run(realRules, outcome, late)).toEqual([])
    })
  })

  it('would end the next transaction if all had one epoch, and this test would see it', () => {
    expect(wrongs(oneEpoch)).not.toEqual([])
  })

  it('would let a retry in twice without the memory of batches, and this test would see it', () => {
    const forgetful = (entry: ProducerEntry | undefined) => (entry === undefined ? entry : { ...entry, batches: [] })
    const rules: Rules = {
      ...realRules,
      checkAppend: (entry, sent) => checkAppend(forgetful(entry), { ...sent, baseSequence: 0 }),
    }
    expect(wrongs(rules)).not.toEqual([])
  })
})
