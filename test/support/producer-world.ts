import * as E from 'fp-ts/lib/Either.js'
import { engineFailure } from '../../src/contracts/failure.ts'
import type { TopicPartition } from '../../src/contracts/position.ts'
import {
  appended,
  applyMarker,
  checkAppend,
  isInTransaction,
  none,
  type ProducerEntry,
} from '../../src/protocol/broker/producer-state.ts'
import { producerDeadline, stepProducer } from '../../src/protocol/client/producer.ts'
import type {
  AppendAnswer,
  NumberedBatch,
  ProducerCommand,
  ProducerEffect,
  ProducerOptions,
  TicketAnswer,
} from '../../src/protocol/client/producer-messages.ts'
import { newProducer, type ProducerSession } from '../../src/protocol/client/producer-session.ts'

export const producerOptions: ProducerOptions = {
  transactional: false,
  maxInFlight: 5,
  deliveryTimeoutMs: 1000,
  requestTimeoutMs: 200,
  backoffMs: 10,
  maxBackoffMs: 80,
  resumeMs: 10_000,
  bufferBytes: 1_000_000,
  maxPartitions: 100,
}

interface Request extends NumberedBatch {
  readonly at: number
  readonly node: number
}

interface Reply {
  readonly request: Request
  readonly answer: AppendAnswer
}

interface Written {
  readonly ticket: number
  readonly producerId: number
  readonly offset: number
  readonly epoch: number
}

/** One partition: its log, what it knows of producers, who leads it, and who the client believes does. */
interface Place {
  readonly written: Written[]
  readonly entries: Map<number, ProducerEntry>
  endOffset: number
  leader: number
  believed: number
  forgot: boolean
}

/** How a broker takes a request. `after` and `before`: fails, having written it or not. */
export type Mood = 'well' | 'before' | 'after'

interface Ticket {
  readonly at: number
  readonly records: number
  readonly tooLarge: boolean
  /** None while it is under way. */
  answer: TicketAnswer | undefined
}

const nodes = 3

/** One producer, a broker's own rules for each partition, and between them a network that does whatever it is told to. */
export class ProducerWorld {
  session: ProducerSession
  now = 0
  readonly requests: Request[] = []
  readonly replies: Reply[] = []
  readonly places: Place[]
  readonly tickets: Ticket[] = []
  readonly inits: number[] = []
  readonly broken: string[] = []
  closed = false
  /** Of the open transaction, where there are any. */
  epoch: number = none
  readonly #bytes = new Set<number>()
  readonly #numbered = new Map<string, number[]>()
  #nextProducerId = 7
  readonly #firstEpoch: number
  readonly #lax: boolean

  /** `lax`: brokers take any sequence of a producer that they do not know, as Kafka's do. */
  constructor(
    partitions: number,
    { firstEpoch = 0, lax = false, ...options }: Partial<ProducerOptions> & { firstEpoch?: number; lax?: boolean } = {},
  ) {
    this.session = newProducer({ ...producerOptions, ...options })
    this.#firstEpoch = firstEpoch
    this.#lax = lax
    this.places = Array.from({ length: partitions }, () => ({
      written: [],
      entries: new Map(),
      endOffset: 0,
      leader: 0,
      believed: 0,
      forgot: false,
    }))
  }

  step(command: ProducerCommand): readonly ProducerEffect[] {
    const [session, effects] = stepProducer(this.session, command)
    this.session = session
    for (const effect of effects) this.#take(effect)
    return effects
  }

  append(at: number, records: number, tooLarge = false): number {
    const ticket = this.tickets.push({ at, records, tooLarge, answer: undefined }) - 1
    this.#offer(ticket, false)
    return ticket
  }

  again(ticket: number): void {
    this.ticket(ticket).answer = undefined
    this.#offer(ticket, true)
  }

  #offer(ticket: number, again: boolean): void {
    const { at, records } = this.ticket(ticket)
    this.#bytes.add(ticket)
    this.step({
      _tag: 'append',
      now: this.now,
      ticket,
      partition: partitionOf(at),
      records,
      bytes: 10 * records,
      again,
    })
  }

  ticket(ticket: number): Ticket {
    return this.tickets[ticket] as Ticket
  }

  place(at: number): Place {
    return this.places[at] as Place
  }

  get underWay(): number[] {
    return [...this.tickets.keys()].filter((n) => this.ticket(n).answer === undefined)
  }

  get unsure(): number[] {
    return [...this.tickets.keys()].filter((n) => isUnsure(this.ticket(n).answer))
  }

  advance(ms: number): void {
    this.now += ms
    this.step({ _tag: 'tick', now: this.now })
  }

  /** A request arrives, and its answer sets out. `keep`: a copy of it is still under way. */
  deliver(index: number, mood: Mood = 'well', keep = false): void {
    const request = this.requests[index]
    if (request === undefined) return
    if (!keep) this.requests.splice(index, 1)
    this.replies.push({ request, answer: this.#answer(request, mood) })
  }

  deliverReply(index: number, keep = false): void {
    const reply = this.replies[index]
    if (reply === undefined) return
    if (!keep) this.replies.splice(index, 1)
    const { request, answer } = reply
    const { ticket, attempt } = request
    this.step({ _tag: 'answer', now: this.now, partition: partitionOf(request.at), ticket, attempt, answer })
  }

  deliverInit(): void {
    if (this.inits.shift() === undefined) return
    const producerId = this.#nextProducerId++
    this.step({ _tag: 'identified', now: this.now, producerId, epoch: producerId === 7 ? this.#firstEpoch : 0 })
  }

  failInit(): void {
    if (this.inits.shift() === undefined) return
    const failure = engineFailure('not-coordinator', 'not here')
    this.step({ _tag: 'identityFailed', now: this.now, failure })
  }

  moveLeader(at: number): void {
    const place = this.place(at)
    place.leader = (place.leader + 1) % nodes
  }

  refresh(at: number): void {
    this.place(at).believed = this.place(at).leader
  }

  /**
   * The partition forgets its producers. Nobody could make good of it if a batch that is repeated then began at 0, or
   * were still on its way.
   */
  forget(at: number): void {
    const place = this.place(at)
    if (this.#lax || this.requests.some((request) => request.at === at)) return
    const { sent = [] } = this.session.chains.find(({ partition }) => partition.partition === at) ?? {}
    if (sent.some(({ baseSequence }) => baseSequence === 0)) return
    place.entries.clear()
    place.forgot = true
  }

  /** The open transaction ends, with its markers, and the next begins. */
  nextTransaction(): void {
    for (const { entries } of this.places) {
      for (const [producerId, entry] of entries) {
        const marker = { producerId, producerEpoch: this.epoch + 1, coordinatorEpoch: 0 }
        const ended = applyMarker(entry, marker, this.now)
        if (E.isRight(ended)) entries.set(producerId, ended.right)
      }
    }
    this.epoch++
    this.step({ _tag: 'begin', now: this.now, identity: { producerId: 3, epoch: this.epoch } })
  }

  #answer({ at, node, ticket, producerId, epoch, baseSequence }: Request, mood: Mood): AppendAnswer {
    const place = this.place(at)
    if (node !== place.leader) return { _tag: 'refused', failure: engineFailure('not-leader', 'elsewhere') }
    const { records, tooLarge } = this.ticket(ticket)
    if (tooLarge) return { _tag: 'refused', failure: engineFailure('record-too-large', 'too large') }
    if (mood === 'before') return { _tag: 'refused', failure: engineFailure('not-enough-replicas', 'before') }
    const { transactional } = this.session.options
    const batch = { producerId, producerEpoch: epoch, baseSequence, lastOffsetDelta: records - 1, transactional }
    const entry = place.entries.get(producerId)
    if (transactional && !isInTransaction(entry, batch) && epoch !== this.epoch) {
      return { _tag: 'refused', failure: engineFailure('invalid-producer-epoch', 'the coordinator knows another') }
    }
    const checked: ReturnType<typeof checkAppend> =
      this.#lax && entry === undefined ? E.right({ _tag: 'accepted' }) : checkAppend(entry, batch)
    if (E.isLeft(checked)) {
      const { code, message, unknownProducer } = checked.left
      return { _tag: 'refused', failure: engineFailure(code, message), unknownProducer }
    }
    if (checked.right._tag === 'duplicate') {
      return { _tag: 'appended', offset: checked.right.baseOffset, timestamp: checked.right.timestamp }
    }
    const offset = place.endOffset
    place.endOffset += records
    place.entries.set(producerId, appended(entry, batch, { baseOffset: offset, timestamp: -1, now: this.now }))
    place.written.push({ ticket, producerId, offset, epoch })
    if (mood === 'after') {
      return { _tag: 'refused', failure: engineFailure('not-enough-replicas-after-append', 'after') }
    }
    return { _tag: 'appended', offset, timestamp: -1 }
  }

  #take(effect: ProducerEffect): void {
    switch (effect._tag) {
      case 'initProducerId':
        this.inits.push(effect.attempt)
        break
      case 'send':
        for (const batch of effect.batches) this.#send(effect.partition.partition, batch)
        break
      case 'refreshMetadata':
        break
      case 'reply':
        this.#reply(effect.ticket, effect.answer)
        break
      case 'release':
        this.#expect(this.#bytes.delete(effect.ticket), `ticket ${effect.ticket} was released, and not held`)
        break
      case 'closed':
        this.#expect(!this.closed && this.underWay.length === 0, 'closed before all was answered, or twice')
        this.closed = true
    }
  }

  #send(at: number, batch: NumberedBatch): void {
    this.#expect(this.#bytes.has(batch.ticket), `ticket ${batch.ticket} was sent after its bytes were released`)
    const chain = `${at} ${batch.producerId} ${batch.epoch}`
    const numbered = this.#numbered.get(chain) ?? []
    if (!numbered.includes(batch.ticket)) numbered.push(batch.ticket)
    this.#numbered.set(chain, numbered)
    const oldest = numbered.findIndex((ticket) => this.ticket(ticket).answer === undefined)
    const inFlight = oldest === -1 ? 0 : numbered.length - oldest
    this.#expect(inFlight <= this.session.options.maxInFlight, `${inFlight} batches are in flight to partition ${at}`)
    this.requests.push({ ...batch, at, node: this.place(at).believed })
  }

  #reply(ticket: number, answer: TicketAnswer): void {
    this.#expect(this.ticket(ticket).answer === undefined, `ticket ${ticket} was answered twice`)
    this.ticket(ticket).answer = answer
    if (!isUnsure(answer)) this.#bytes.delete(ticket)
  }

  #expect(holds: boolean, otherwise: string): void {
    if (!holds) this.broken.push(otherwise)
  }

  /** The network is well again, in order and at once: until everything is answered. */
  heal(): void {
    for (let turn = 0; turn < 10_000; turn++) {
      for (const [at] of this.places.entries()) this.refresh(at)
      if (this.inits.length > 0) this.deliverInit()
      else if (this.requests.length > 0) this.deliver(0)
      else if (this.replies.length > 0) this.deliverReply(0)
      else if (this.underWay.length === 0) return this.#expectReleased()
      else if (producerDeadline(this.session) === Number.POSITIVE_INFINITY) break
      else this.advance(Math.max(0, producerDeadline(this.session) - this.now))
    }
    this.#expect(false, `tickets ${this.underWay} are never answered`)
  }

  #expectReleased(): void {
    this.#expect(this.#bytes.size === 0, `bytes of tickets ${[...this.#bytes]} are never released`)
  }

  /** What does not hold. */
  violations(): string[] {
    const { broken } = this
    for (const [ticket, { at, answer }] of this.tickets.entries()) {
      const lies = this.place(at).written.filter((written) => written.ticket === ticket)
      const where = lies.map(({ offset }) => offset)
      if (answer?._tag === 'appended') {
        this.#expect(
          where.length === 1 && where[0] === answer.offset,
          `ticket ${ticket} is at ${where}, not ${answer.offset}`,
        )
      } else {
        const most = isUnsure(answer) || answer === undefined ? 1 : 0
        this.#expect(where.length <= most, `ticket ${ticket} failed for sure or not, and is at ${where}`)
      }
    }
    for (const [at, { written }] of this.places.entries()) {
      // Only a producer id's own epochs fence what was given up: it may come late after the last epoch of an id.
      for (const lies of [
        written.filter(({ ticket }) => this.ticket(ticket).answer?._tag === 'appended'),
        ...byProducer(written),
      ]) {
        const order = lies.map(({ ticket }) => ticket)
        this.#expect(isAscending(order), `partition ${at} has the order ${order}`)
      }
    }
    return broken
  }
}

const byProducer = (written: readonly Written[]): Written[][] =>
  [...new Set(written.map(({ producerId }) => producerId))].map((id) =>
    written.filter(({ producerId }) => producerId === id),
  )

const isAscending = (numbers: readonly number[]): boolean =>
  numbers.every((n, at) => at === 0 || (numbers[at - 1] as number) < n)

export const isUnsure = (answer: TicketAnswer | undefined): boolean => answer?._tag === 'failed' && answer.unsure

export const partitionOf = (partition: number): TopicPartition => ({ topic: 'orders', partition })
