import { describe, expect, it } from 'vitest'
import { engineFailure, type FailureCode, failureKinds } from '../../../src/contracts/failure.ts'
import { producerDeadline, stepProducer } from '../../../src/protocol/client/producer.ts'
import { hasRoom } from '../../../src/protocol/client/producer-append.ts'
import type {
  AppendAnswer,
  NumberedBatch,
  ProducerCommand,
  ProducerEffect,
  ProducerOptions,
} from '../../../src/protocol/client/producer-messages.ts'
import { newProducer, type ProducerSession } from '../../../src/protocol/client/producer-session.ts'
import { partitionOf, producerOptions } from '../../support/producer-world.ts'

const codes = Object.keys(failureKinds) as FailureCode[]
const records = 10

class Client {
  session: ProducerSession
  now = 0
  effects: readonly ProducerEffect[] = []

  constructor(options: Partial<ProducerOptions> = {}) {
    this.session = newProducer({ ...producerOptions, ...options })
  }

  do(command: ProducerCommand): this {
    ;[this.session, this.effects] = stepProducer(this.session, command)
    return this
  }

  append(ticket: number, { again = false, at = 0 } = {}): this {
    return this.do({ _tag: 'append', now: this.now, ticket, partition: partitionOf(at), records, bytes: 100, again })
  }

  identified(producerId = 7, epoch = 0): this {
    return this.do({ _tag: 'identified', now: this.now, producerId, epoch })
  }

  answer(ticket: number, answer: AppendAnswer, attempt?: number): this {
    const latest = (this.sent(ticket)?.attempts ?? 1) - 1
    const partition = partitionOf(0)
    return this.do({ _tag: 'answer', now: this.now, partition, ticket, attempt: attempt ?? latest, answer })
  }

  ok(ticket: number, offset = 100 * ticket, attempt?: number): this {
    return this.answer(ticket, { _tag: 'appended', offset, timestamp: -1 }, attempt)
  }

  no(ticket: number, code: FailureCode, unknownProducer = false): this {
    return this.answer(ticket, { _tag: 'refused', failure: engineFailure(code, code), unknownProducer })
  }

  at(now: number): this {
    this.now = now
    return this.do({ _tag: 'tick', now })
  }

  /** When it asks to be ticked. */
  next(): this {
    return this.at(producerDeadline(this.session))
  }

  sent(ticket: number) {
    return this.session.chains[0]?.sent.find((batch) => batch.ticket === ticket)
  }

  /** Tickets with what they were sent as: `ticket epoch:sequence`. */
  get sends(): string[] {
    return this.batches.map(({ ticket, epoch, baseSequence }) => `${ticket} ${epoch}:${baseSequence}`)
  }

  get batches(): NumberedBatch[] {
    return this.effects.flatMap((effect) => (effect._tag === 'send' ? effect.batches : []))
  }

  /** Tickets with what they were answered: an offset, or a code with `?` if unsure. */
  get answers(): string[] {
    return this.effects.flatMap((effect) => {
      if (effect._tag !== 'reply') return []
      const { ticket, answer } = effect
      if (answer._tag === 'appended') return [`${ticket} ${answer.offset}`]
      return [`${ticket} ${answer.failure.code}${answer.unsure ? '?' : ''}`]
    })
  }

  get others(): string[] {
    return this.effects.map(({ _tag }) => _tag).filter((tag) => tag !== 'send' && tag !== 'reply')
  }
}

/** With an identity, and a first batch (ticket 0) taken. */
const ready = (options: Partial<ProducerOptions> = {}, epoch = 0) =>
  new Client(options).append(0).identified(7, epoch).ok(0)

describe('a producer', () => {
  it('asks for an identity once it has something to send, and again until it gets one', () => {
    const client = new Client().append(1)
    expect(client.effects).toEqual([{ _tag: 'initProducerId', attempt: 0 }])
    expect(client.append(2).effects).toEqual([])
    client.do({ _tag: 'identityFailed', now: 0, failure: engineFailure('not-coordinator', '') })
    expect(client.effects).toEqual([])
    expect(client.next().effects).toEqual([{ _tag: 'initProducerId', attempt: 1 }])
    expect(client.now).toBe(10)
    expect(client.next().effects).toEqual([])
    expect(client.now).toBe(210)
    expect(client.next().effects).toEqual([{ _tag: 'initProducerId', attempt: 2 }])
    expect(client.identified(9, 3).batches).toEqual([
      { ticket: 1, producerId: 9, epoch: 3, baseSequence: 0, attempt: 0 },
    ])
    expect(client.identified(10).effects).toEqual([])
  })

  it('without an identity fails what waits: it was never sent', () => {
    expect(new Client().append(1).at(1000).answers).toEqual(['1 timed-out'])
    const refused = engineFailure('unsupported', 'too old')
    const client = new Client().append(1).do({ _tag: 'identityFailed', now: 0, failure: refused })
    expect(client.answers).toEqual(['1 unsupported'])
    expect(client.append(2).answers).toEqual(['2 unsupported'])
  })

  it('sends the first batch alone, and then five', () => {
    const client = new Client()
    for (let ticket = 0; ticket < 8; ticket++) client.append(ticket)
    expect(client.identified().sends).toEqual(['0 0:0'])
    expect(client.ok(0).sends).toEqual(['1 0:10', '2 0:20', '3 0:30', '4 0:40', '5 0:50'])
    expect(client.ok(2).sends).toEqual([])
    expect(client.ok(1).sends).toEqual(['6 0:60', '7 0:70'])
    expect(client.ok(4).answers).toEqual(['4 400'])
  })

  it('counts each partition for itself', () => {
    const client = ready().append(1, { at: 1 })
    expect(client.batches).toMatchObject([{ ticket: 1, epoch: 0, baseSequence: 0 }])
  })

  it('counts on from 2147483647 with 0', () => {
    const client = ready()
    const [chain] = client.session.chains
    if (chain === undefined) throw new Error('no chain')
    client.session = { ...client.session, chains: [{ ...chain, nextSequence: 2 ** 31 - 4 }] }
    expect(client.append(1).append(2).sends).toEqual(['2 0:6'])
    expect(client.no(1, 'not-leader').next().sends).toEqual(['1 0:2147483644'])
  })
})

describe('a batch that fails', () => {
  it.each(codes.filter((code) => ['retriable', 'indeterminate'].includes(failureKinds[code])))(
    'with %s is sent as it was, after a wait',
    (code) => {
      const client = ready().append(1).append(2).no(1, code)
      expect(client.answers).toEqual([])
      expect(client.no(2, 'out-of-order-sequence').sends).toEqual([])
      expect(client.append(3).sends).toEqual([])
      expect(client.next().sends).toEqual(['1 0:10', '2 0:20', '3 0:30'])
      expect(client.now).toBe(10)
      expect(client.batches).toMatchObject([{ attempt: 1 }, { attempt: 1 }, { attempt: 0 }])
      expect(client.no(1, code).next().now).toBe(30)
    },
  )

  it.each(['not-leader', 'leadership-lost', 'fenced-leader-epoch', 'timed-out'] as const)(
    'with %s asks who leads',
    (code) => {
      expect(ready().append(1).no(1, code).others).toEqual(['refreshMetadata'])
    },
  )

  it('without an answer asks who leads, and is sent again', () => {
    const client = ready().append(1).next()
    expect(client.now).toBe(200)
    expect(client.others).toEqual(['refreshMetadata'])
    expect(client.next().sends).toEqual(['1 0:10'])
  })

  it('takes no notice of refusals that come late', () => {
    const client = ready().append(1).next().next()
    const late: AppendAnswer = { _tag: 'refused', failure: engineFailure('record-too-large', '') }
    expect(client.answer(1, late, 0).effects).toEqual([])
    expect(client.ok(1).answers).toEqual(['1 100'])
  })

  it('keeps the window: what was taken out of order does not make room', () => {
    const client = ready()
    for (let ticket = 1; ticket < 9; ticket++) client.append(ticket)
    client.no(1, 'not-leader').ok(5)
    expect(client.sends).toEqual(['1 0:10'])
    expect(client.ok(4).ok(3).ok(2).sends).toEqual([])
    expect(client.ok(1).sends).toEqual(['6 0:60', '7 0:70', '8 0:80'])
  })

  it.each(['record-too-large', 'invalid-record', 'unknown-partition', 'unknown-topic'] as const)(
    'with %s fails alone; those behind it begin a new epoch',
    (code) => {
      const client = ready().append(1).append(2).append(3).no(1, code)
      expect(client.answers).toEqual([`1 ${code}`])
      expect(client.no(3, 'out-of-order-sequence').sends).toEqual([])
      expect(client.no(2, 'out-of-order-sequence').sends).toEqual(['2 1:0'])
      expect(client.ok(2).sends).toEqual(['3 1:10'])
    },
  )

  it('and was refused while those behind it got no answer: they are asked once more before they get another sequence', () => {
    const client = ready().append(1).append(2).no(1, 'record-too-large').next()
    expect(client.next().sends).toEqual(['2 0:20'])
    expect(client.no(2, 'out-of-order-sequence').sends).toEqual(['2 1:0'])
  })

  it('with a refusal, after an attempt that may have come through, is unsure', () => {
    const client = ready().append(1).next().next().no(1, 'record-too-large')
    expect(client.answers).toEqual(['1 outcome-unknown?'])
    expect(client.others).toEqual(['release'])
    expect(client.append(2).sends).toEqual(['2 1:0'])
  })
})

describe('a batch that is given up', () => {
  const givenUp = () => ready().append(1).no(1, 'timed-out').next().at(1000)

  it('is unsure, and goes on as it was if it is offered again', () => {
    const client = givenUp()
    expect(client.answers).toEqual(['1 timed-out?'])
    expect(client.others).toContain('release')
    client.append(1, { again: true })
    expect(client.next().sends).toEqual(['1 0:10'])
    expect(client.append(1, { again: true }).effects).toEqual([])
    expect(client.append(2).sends).toEqual(['2 0:20'])
    expect(client.ok(1).answers).toEqual(['1 100'])
  })

  it('and followed by another begins a new epoch, once nothing is in flight; then nobody can tell', () => {
    const client = ready().append(1).at(999).at(1000)
    expect(client.answers).toEqual(['1 timed-out?'])
    expect(client.append(2).sends).toEqual([])
    const waiting = ready().append(1).at(900).next()
    expect(waiting.sends).toEqual(['1 0:10'])
    expect(waiting.at(1000).append(2).sends).toEqual([])
    expect(waiting.no(1, 'timed-out').sends).toEqual(['2 1:0'])
    expect(waiting.append(1, { again: true }).answers).toEqual(['1 outcome-unknown?'])
    expect(waiting.append(3).ok(2).sends).toEqual(['3 1:10'])
  })

  it('whose late answer comes is known from then on', () => {
    const client = givenUp().ok(1, 55, 0)
    expect(client.answers).toEqual([])
    expect(client.append(1, { again: true }).answers).toEqual(['1 55'])
    expect(client.append(2).sends).toEqual(['2 0:20'])
  })

  it('is sent along while one behind it waits, and vouched for by that one', () => {
    const client = ready().append(1)
    client.now = 500
    client.append(2).at(1000)
    expect(client.answers).toEqual(['1 timed-out?'])
    expect(client.others).not.toContain('release')
    expect(client.next().sends).toEqual(['1 0:10', '2 0:20'])
    expect(client.ok(2).answers).toEqual(['2 200'])
    expect(client.others).toEqual(['release'])
    expect(client.append(3).sends).toEqual(['3 0:30'])
    client.no(1, 'out-of-order-sequence')
    expect(client.append(1, { again: true }).sends).toEqual(['1 0:10'])
    expect(client.ok(1, 33).answers).toEqual(['1 33'])
  })

  it('is not sent again once a broker may have forgotten it', () => {
    const client = givenUp().at(10_000)
    expect(client.append(1, { again: true }).answers).toEqual(['1 outcome-unknown?'])
    expect(client.sends).toEqual([])
    expect(client.append(2).sends).toEqual(['2 1:0'])
  })

  it('and never sent is not there', () => {
    const client = ready()
    for (let ticket = 1; ticket < 8; ticket++) client.append(ticket)
    expect(client.at(1000).answers).toEqual(
      [1, 2, 3, 4, 5].map((n) => `${n} timed-out?`).concat('6 timed-out', '7 timed-out'),
    )
  })
})

describe('a producer that a partition does not know (any longer)', () => {
  it('begins a new epoch with what was never sent before', () => {
    const client = ready().append(1).append(2).no(1, 'out-of-order-sequence', true)
    expect(client.sends).toEqual([])
    expect(client.no(2, 'out-of-order-sequence', true).sends).toEqual(['1 1:0'])
    expect(client.ok(1).sends).toEqual(['2 1:10'])
  })

  it.each(['timed-out', 'not-leader'] as const)('is unsure of what was sent before (%s)', (code) => {
    const client = ready().append(1).no(1, code).next().no(1, 'out-of-order-sequence', true)
    expect(client.answers).toEqual(['1 outcome-unknown?'])
    expect(client.append(1, { again: true }).answers).toEqual(['1 outcome-unknown?'])
    expect(client.append(2).sends).toEqual(['2 1:0'])
  })

  it('tries again if something before that batch is undecided', () => {
    const client = ready().append(1).append(2).no(2, 'out-of-order-sequence', true)
    expect(client.next().sends).toEqual(['2 0:20'])
  })
})

describe('out of order', () => {
  it('at the head means that what was taken is gone: a new epoch', () => {
    expect(ready().append(1).no(1, 'out-of-order-sequence').sends).toEqual(['1 1:0'])
  })

  it('at the head of a batch that may have been written leaves it unsure', () => {
    const client = ready().append(1).no(1, 'timed-out').next().no(1, 'out-of-order-sequence')
    expect(client.next().sends).toEqual(['1 0:10'])
    expect(client.at(1000).answers).toEqual(['1 timed-out?'])
  })

  it('of a batch that others vouch for: it is there, and nobody knows where', () => {
    const client = ready().append(1).append(2).ok(2).no(1, 'timed-out').next().no(1, 'out-of-order-sequence')
    expect(client.answers).toEqual(['1 outcome-unknown?'])
    expect(client.append(3).sends).toEqual(['3 0:30'])
  })
})

describe('identities', () => {
  it('are asked for anew when the epochs are used up', () => {
    const client = ready({}, 32_766).append(1).no(1, 'record-too-large').append(2)
    expect(client.effects).toEqual([{ _tag: 'initProducerId', attempt: 0 }])
    expect(client.identified(8).batches).toMatchObject([{ ticket: 2, producerId: 8, epoch: 0, baseSequence: 0 }])
  })

  it('are asked for anew when somebody else writes under the same', () => {
    const client = ready().append(1).no(1, 'invalid-producer-epoch')
    expect(client.answers).toEqual([])
    expect(client.others).toEqual(['initProducerId'])
    expect(client.identified(8).next().batches).toMatchObject([{ ticket: 1, producerId: 8, baseSequence: 0 }])
    const unsure = ready().append(1).no(1, 'timed-out').next().no(1, 'invalid-producer-epoch')
    expect(unsure.answers).toEqual(['1 outcome-unknown?'])
  })

  it('of forgotten partitions begin above what these may know', () => {
    const client = ready({ maxPartitions: 2 }).append(1).no(1, 'record-too-large').append(2).ok(2)
    expect(client.append(3, { at: 1 }).batches).toMatchObject([{ epoch: 0 }])
    expect(client.append(4, { at: 2 }).batches).toMatchObject([{ epoch: 2 }])
    expect(client.append(5).batches).toMatchObject([{ epoch: 2, baseSequence: 0 }])
    expect(client.session.chains.length).toBe(3)
  })
})

describe('what ends a producer', () => {
  const mended: readonly FailureCode[] = ['out-of-order-sequence', 'invalid-producer-epoch']

  it.each(codes.filter((code) => failureKinds[code] === 'fatal' && !mended.includes(code)))('%s', (code) => {
    const client = ready().append(1)
    for (let ticket = 2; ticket < 7; ticket++) client.append(ticket)
    client.no(1, code)
    expect(client.answers).toEqual([
      `1 ${code}`,
      '2 timed-out?',
      '3 timed-out?',
      '4 timed-out?',
      '5 timed-out?',
      `6 ${code}`,
    ])
    expect(client.append(7).answers).toEqual([`7 ${code}`])
    expect(client.append(2, { again: true }).answers).toEqual([`2 ${code}?`])
    expect(producerDeadline(client.session)).toBe(Number.POSITIVE_INFINITY)
    expect(client.do({ _tag: 'close', now: 0, until: 9 }).effects).toEqual([{ _tag: 'closed' }])
  })

  it('closing lets what is under way finish', () => {
    const client = ready().append(1).do({ _tag: 'close', now: 0, until: 500 })
    expect(client.effects).toEqual([])
    expect(client.append(2).answers).toEqual(['2 closed'])
    expect(client.ok(1).others).toEqual(['closed'])
    expect(client.append(3).answers).toEqual(['3 closed'])
  })

  it('closing answers what does not finish', () => {
    const client = new Client().append(1).do({ _tag: 'close', now: 0, until: 500 })
    expect(client.next().now).toBe(200)
    expect(client.at(500).answers).toEqual(['1 closed'])
    const sent = ready().append(1).do({ _tag: 'close', now: 0, until: 0 })
    expect(sent.answers).toEqual(['1 timed-out?'])
    expect(sent.others).toEqual(['release', 'closed'])
    expect(new Client().do({ _tag: 'close', now: 0, until: 9 }).others).toEqual(['closed'])
  })
})

describe('in transactions, a producer', () => {
  const begun = () =>
    new Client({ transactional: true }).do({ _tag: 'begin', now: 0, identity: { producerId: 3, epoch: 5 } })

  it('takes nothing outside of one', () => {
    expect(new Client({ transactional: true }).append(1).answers).toEqual(['1 invalid-transaction-state'])
  })

  it('counts from 0 in each, with the epoch it was given, and sends five at once', () => {
    const client = begun().append(1).append(2)
    expect(client.sends).toEqual(['2 5:10'])
    client
      .ok(1)
      .ok(2)
      .do({ _tag: 'begin', now: 0, identity: { producerId: 3, epoch: 6 } })
    expect(client.effects).toEqual([])
    expect(client.append(3).sends).toEqual(['3 6:0'])
    expect(client.ok(1).effects).toEqual([])
  })

  it('answers what is under way when it is aborted', () => {
    const client = begun()
    for (let ticket = 1; ticket < 8; ticket++) client.append(ticket)
    client.do({ _tag: 'abort', now: 0 })
    expect(client.answers).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => `${n} transaction-aborted`))
    expect(client.append(8).answers).toEqual(['8 transaction-aborted'])
    expect(producerDeadline(client.session)).toBe(Number.POSITIVE_INFINITY)
  })

  const fatal: readonly FailureCode[] = ['producer-fenced', 'invalid-producer-id-mapping', 'closed']
  const passing = ['retriable', 'indeterminate']

  it.each(codes)('takes %s of a partition', (code) => {
    const client = begun().append(1).append(2).no(1, code)
    if (passing.includes(failureKinds[code])) return expect(client.next().sends).toEqual(['1 5:0'])
    expect(client.answers).toEqual([`1 ${code}`, fatal.includes(code) ? `2 ${code}` : '2 transaction-aborted'])
    client.do({ _tag: 'begin', now: 0, identity: { producerId: 3, epoch: 6 } })
    expect(client.append(3).sends).toEqual(fatal.includes(code) ? [] : ['3 6:0'])
  })

  it('tries again what came too early', () => {
    expect(begun().append(1).append(2).no(2, 'out-of-order-sequence').next().sends).toEqual(['2 5:10'])
  })

  it('loses the transaction with a batch that is not taken in time', () => {
    expect(begun().append(1).append(2).at(1000).answers).toEqual(['1 timed-out', '2 transaction-aborted'])
  })
})

describe('the buffer', () => {
  it('has a limit, that one batch may pass', () => {
    const client = new Client({ bufferBytes: 250 })
    expect(hasRoom(client.session, 1000)).toBe(true)
    client.append(1).append(2)
    expect(hasRoom(client.session, 50)).toBe(true)
    expect(hasRoom(client.session, 51)).toBe(false)
    expect(() => client.append(3)).toThrow('orders-0 was offered 100 bytes')
    expect(hasRoom(client.identified().ok(1).session, 100)).toBe(true)
  })
})
