import * as E from 'fp-ts/lib/Either.js'
import { countOf, headerBytes, seal } from '../../../batch/record-batch.ts'
import type { Appended, UnsealedBatch } from '../../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../../contracts/position.ts'
import { producerDeadline, stepProducer } from '../../../protocol/client/producer.ts'
import { hasRoom } from '../../../protocol/client/producer-append.ts'
import type {
  AppendAnswer,
  NumberedBatch,
  ProducerCommand,
  ProducerEffect,
  TicketAnswer,
} from '../../../protocol/client/producer-messages.ts'
import { newProducer, type ProducerSession } from '../../../protocol/client/producer-session.ts'
import type { GivenIdentity } from '../../../protocol/client/transaction.ts'
import { MachineDriver } from '../../machine-driver.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { batchText } from '../message-text.ts'
import { type Answer, accepted, backoffMs, type Connection, maxBackoffMs, requestTimeoutMs } from './connection.ts'

export interface BatchSenderParts {
  readonly connection: Connection
  readonly options: Pick<ClusterOptions, 'acks' | 'firstSequence'>
  /** Whose transactions it sends in, if it does. */
  readonly transactionalId?: string
}

/** As Kafka's delivery.timeout.ms, shortened to what a simulation is worth. */
const deliveryTimeoutMs = 30_000
const closeTimeoutMs = 5_000

/** A batch that was handed in: under which ticket, and what became of it. */
interface Offered {
  readonly ticket: number
  readonly batch: UnsealedBatch
  answer: TicketAnswer | undefined
  told: (answer: TicketAnswer) => void
}

/** One producer: drives its machine over the network. */
export class BatchSender {
  readonly #parts: BatchSenderParts
  readonly #machine: MachineDriver<ProducerSession, ProducerCommand, ProducerEffect>
  readonly #offered = new Map<number, Offered>()
  /** The very same bytes again are the same batch. */
  readonly #known = new WeakMap<Uint8Array, Offered>()
  #tickets = 0
  #waitingForRoom: (() => void)[] = []
  #closed: (() => void) | undefined

  constructor(parts: BatchSenderParts) {
    this.#parts = parts
    const { world, process } = parts.connection
    this.#machine = new MachineDriver({
      initial: newProducer({
        transactional: parts.transactionalId !== undefined,
        maxInFlight: 5,
        deliveryTimeoutMs,
        requestTimeoutMs,
        backoffMs,
        maxBackoffMs,
        resumeMs: 12 * 60 * 60 * 1000,
        bufferBytes: 32 * 1024 * 1024,
        maxPartitions: 1_000,
        firstSequence: parts.options.firstSequence,
      }),
      step: stepProducer,
      perform: (effect) => this.#perform(effect),
      deadline: producerDeadline,
      tick: () => ({ _tag: 'tick', now: world.now }),
      wakeAt: (at, ring) => world.after(process, at - world.now, 'producer', ring),
    })
  }

  /** Answers once every batch lies in the log, or the first of them that does not says why. */
  async append(batches: readonly UnsealedBatch[]): Answer<readonly Appended[]> {
    for (const batch of batches) {
      const wrong = await this.#wrong(batch)
      if (wrong !== undefined) return E.left(wrong)
    }
    const answers = await Promise.all(batches.map((batch) => this.#offer(batch)))
    const appended: Appended[] = []
    for (const [index, answer] of answers.entries()) {
      if (answer._tag === 'failed') return E.left(answer.failure)
      const { topic, partition } = batches[index] as UnsealedBatch
      appended.push({ topic, partition, offset: answer.offset, timestamp: answer.timestamp })
    }
    return E.right(appended)
  }

  begin(identity: GivenIdentity): void {
    this.#machine.do({ _tag: 'begin', now: this.#now, identity })
  }

  abort(): void {
    this.#machine.do({ _tag: 'abort', now: this.#now })
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closed = resolve
      this.#machine.do({ _tag: 'close', now: this.#now, until: this.#now + closeTimeoutMs })
    })
  }

  get #now(): number {
    return this.#parts.connection.world.now
  }

  /** What can be told before anything is sent. */
  async #wrong(batch: UnsealedBatch): Promise<EngineFailure | undefined> {
    if (batch.bytes.length < headerBytes)
      return engineFailure(
        'invalid-record',
        `${partitionName(batch)}: a batch of ${batch.bytes.length} bytes is shorter than its header: send it again`,
      )
    const leader = await this.#parts.connection.leader(batch)
    return E.isLeft(leader) && leader.left.kind === 'refused' ? leader.left : undefined
  }

  async #offer(batch: UnsealedBatch): Promise<TicketAnswer> {
    const known = this.#known.get(batch.bytes)
    if (known?.answer?._tag === 'appended') return known.answer
    while (!hasRoom(this.#machine.state, batch.bytes.length))
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve))
    return new Promise((told) => {
      const isAgain = known?.answer?._tag === 'failed' && known.answer.unsure
      const ticket = isAgain ? known.ticket : this.#tickets++
      const offered: Offered = { ticket, batch, answer: undefined, told }
      this.#offered.set(ticket, offered)
      this.#known.set(batch.bytes, offered)
      const { topic, partition, bytes } = batch
      const command = { ticket, partition: { topic, partition }, records: countOf(bytes), bytes: bytes.length }
      this.#machine.do({ _tag: 'append', now: this.#now, ...command, again: isAgain })
    })
  }

  #perform(effect: ProducerEffect): void {
    const { connection } = this.#parts
    switch (effect._tag) {
      case 'initProducerId':
        return void this.#identify()
      case 'send':
        for (const batch of effect.batches) void this.#send(effect.partition, batch)
        return
      case 'refreshMetadata':
        return void connection.refresh()
      case 'reply': {
        const offered = this.#offered.get(effect.ticket)
        if (offered === undefined) return
        offered.answer = effect.answer
        if (effect.answer._tag === 'appended' || !effect.answer.unsure) this.#release(effect.ticket)
        return offered.told(effect.answer)
      }
      case 'release':
        return this.#release(effect.ticket)
      case 'closed':
        return this.#closed?.()
    }
  }

  #release(ticket: number): void {
    this.#offered.delete(ticket)
    for (const go of this.#waitingForRoom.splice(0)) go()
  }

  async #identify(): Promise<void> {
    const reply = accepted(await this.#parts.connection.askAny('allocateProducerId', {}))
    const now = this.#now
    if (E.isLeft(reply)) this.#machine.do({ _tag: 'identityFailed', now, failure: reply.left })
    else this.#machine.do({ ...reply.right, _tag: 'identified', now })
  }

  async #send(partition: TopicPartition, numbered: NumberedBatch): Promise<void> {
    const { ticket, attempt } = numbered
    const answer = await this.#produce(partition, numbered)
    this.#machine.do({ _tag: 'answer', now: this.#now, partition, ticket, attempt, answer })
  }

  async #produce(partition: TopicPartition, numbered: NumberedBatch): Promise<AppendAnswer> {
    const { connection, options, transactionalId } = this.#parts
    const offered = this.#offered.get(numbered.ticket)
    if (offered === undefined) throw new Error(`broken invariant: the bytes of batch ${numbered.ticket} are gone`)
    // what is under way keeps the identity it was sent with
    const bytes = new Uint8Array(offered.batch.bytes)
    const { producerId, epoch: producerEpoch, baseSequence } = numbered
    seal(bytes, { producerId, producerEpoch, baseSequence, transactional: transactionalId !== undefined })
    const leader = await connection.leader(partition)
    if (E.isLeft(leader)) return { _tag: 'refused', failure: leader.left }
    const { world, process } = connection
    const again = numbered.attempt > 0 ? ' again' : ''
    world.tell(process, () => `sends${again} ${batchText(partition, bytes)}`, 'records')
    const reply = await connection.ask(leader.right, 'produce', {
      acks: options.acks,
      timeoutMs: requestTimeoutMs,
      ...(transactionalId === undefined ? {} : { transactionalId }),
      batches: [{ ...partition, bytes }],
    })
    if (E.isLeft(reply)) return { _tag: 'refused', failure: reply.left }
    const [result] = reply.right
    if (result === undefined) throw new Error('broken invariant: a batch was not answered')
    return result
  }
}
