import { engineFailure, type FailureCode } from '../../src/contracts/failure.ts'
import {
  type ClientTransactionCommand,
  type ClientTransactionEffect,
  type GivenIdentity,
  newClientTransaction,
  stepClientTransaction,
} from '../../src/protocol/client/transaction.ts'
import type { TestBatch, TransactionWorld } from './transaction-world.ts'

/** What is under way between a client and the world. Delivered, it may answer its client. */
export type Message = { readonly client: TestClient } & (
  | { readonly _tag: 'init' }
  | { readonly _tag: 'end'; readonly asked: GivenIdentity; readonly commit: boolean }
  | { readonly _tag: 'batch'; readonly partition: 0 | 1; readonly batch: TestBatch; readonly admitted: boolean }
)

/** One transaction as its client knows it. */
export interface ClientHistory {
  readonly values: { readonly partition: 0 | 1; readonly value: string }[]
  commitAsked: boolean
  outcome: 'open' | 'committed' | 'aborted'
}

/** A program with the transactional id: it sends, commits and aborts, and sends again what is not answered. */
export class TestClient {
  readonly name: string
  readonly transactions: ClientHistory[] = []
  #state = newClientTransaction('tx')
  readonly #network: Message[]
  readonly #unanswered = new Map<string, { partition: 0 | 1; batch: TestBatch }>()
  #sequences: [number, number] = [0, 0]
  #values = 0
  #target: 0 | 1 = 0

  constructor(name: string, network: Message[]) {
    this.name = name
    this.#network = network
  }

  /** Does the next thing that makes sense: `choice` picks among sending, committing and aborting. */
  act(choice: number): void {
    const { phase } = this.#state
    if (phase === 'UNINITIALIZED') this.#step({ _tag: 'initialize', request: 0 })
    else if (phase === 'ABORTABLE_ERROR') this.#step({ _tag: 'end', request: 0, commit: false })
    else if (phase === 'IN_TRANSACTION' && choice % 4 === 0) this.#step({ _tag: 'end', request: 1, commit: true })
    else if (phase === 'IN_TRANSACTION' && choice % 16 === 1) this.#step({ _tag: 'end', request: 0, commit: false })
    else if (phase === 'READY' || phase === 'IN_TRANSACTION') {
      if (phase === 'READY') this.transactions.push({ values: [], commitAsked: false, outcome: 'open' })
      this.#target = choice % 2 === 0 ? 0 : 1
      this.#step({ _tag: 'send', request: 2 })
    }
  }

  /** Carries out a message. Without `answer` the client never hears of it, and sends it again. */
  static deliver(world: TransactionWorld, message: Message, answer: boolean): void {
    const { client } = message
    if (message._tag === 'init') {
      const got = world.ask({ _tag: 'initProducerId', request: 0, timeoutMs: 1000, now: 0 })
      client.#initialized(answer ? got : lost)
    } else if (message._tag === 'end') {
      const { asked, commit } = message
      const got = world.ask({ _tag: 'endTransaction', request: 0, ...asked, commit, now: 0 })
      client.#ended(message, answer ? got : lost)
    } else if (message.admitted) {
      const code = world.partitions[message.partition].append(message.batch)
      client.#batchAnswered(message, answer ? code : lost.code)
    } else {
      const code = world.admit(message.partition, message.batch)
      if (code === 'ok' && answer) client.#network.push({ ...message, admitted: true })
      else client.#batchAnswered(message, answer ? code : lost.code)
    }
  }

  #initialized({ code, producerId, epoch }: { code: string } & GivenIdentity): void {
    if (code === 'ok') this.#step({ _tag: 'initialized', producerId, epoch })
    else this.#step({ _tag: 'initializeFailed', failure: failed(code) })
  }

  #ended(message: Extract<Message, { _tag: 'end' }>, got: { code: string } & GivenIdentity): void {
    const { asked } = message
    if (got.code === 'ok') this.#step({ _tag: 'ended', asked, producerId: got.producerId, epoch: got.epoch })
    else this.#step({ _tag: 'endFailed', asked, failure: failed(got.code) })
  }

  #batchAnswered(message: Extract<Message, { _tag: 'batch' }>, code: string): void {
    const { batch, partition } = message
    if (!this.#unanswered.has(batch.value)) return
    const epoch = batch.producerEpoch
    if (code === 'ok') {
      this.#unanswered.delete(batch.value)
      this.#step({ _tag: 'sent', epoch })
    } else if (passing.has(code) || (code === 'out-of-order-sequence' && this.#hasEarlier(partition, batch))) {
      this.#network.push({ ...message, admitted: false })
    } else {
      this.#unanswered.delete(batch.value)
      // A leader tells its client that the epoch is old, whatever the coordinator called it.
      const told = code === 'producer-fenced' ? 'invalid-producer-epoch' : code
      this.#step({ _tag: 'sendFailed', epoch, from: 'partition', failure: failed(told) })
    }
  }

  #hasEarlier(partition: 0 | 1, batch: TestBatch): boolean {
    return [...this.#unanswered.values()].some(
      (u) =>
        u.partition === partition &&
        u.batch.producerEpoch === batch.producerEpoch &&
        u.batch.baseSequence < batch.baseSequence,
    )
  }

  #step(command: ClientTransactionCommand): void {
    const before = this.#state.identity
    const [state, effects] = stepClientTransaction(this.#state, command)
    this.#state = state
    if (state.identity !== before) {
      this.#sequences = [0, 0]
      this.#unanswered.clear()
    }
    for (const effect of effects) this.#follow(effect)
  }

  #follow(effect: ClientTransactionEffect): void {
    const transaction = this.transactions.at(-1)
    if (effect._tag === 'initProducerId') this.#network.push({ client: this, _tag: 'init' })
    else if (effect._tag === 'admit') this.#send(effect.identity)
    else if (effect._tag === 'endTransaction') {
      const { identity, commit } = effect
      if (transaction !== undefined && commit) transaction.commitAsked = true
      this.#network.push({ client: this, _tag: 'end', asked: identity, commit })
    } else if (transaction !== undefined && effect.failure === undefined) {
      transaction.outcome = effect.request === 1 ? 'committed' : 'aborted'
    }
  }

  #send({ producerId, epoch }: GivenIdentity): void {
    const partition = this.#target
    const value = `${this.name}.${this.transactions.length}.${this.#values++}`
    const batch: TestBatch = {
      producerId,
      producerEpoch: epoch,
      baseSequence: this.#sequences[partition]++,
      lastOffsetDelta: 0,
      transactional: true,
      value,
    }
    this.transactions.at(-1)?.values.push({ partition, value })
    this.#unanswered.set(value, { partition, batch })
    this.#network.push({ client: this, _tag: 'batch', partition, batch, admitted: false })
  }
}

const lost = { code: 'timed-out', producerId: -1, epoch: -1 } as const
const passing: ReadonlySet<string> = new Set(['timed-out', 'concurrent-transactions'])
const failed = (code: string) => engineFailure(code as FailureCode, code)
