import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type { Appended, TransactionalProducer, UnsealedBatch } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { TransactionReply } from '../../protocol/broker/transaction-messages.ts'
import {
  type ClientTransactionCommand,
  type ClientTransactionEffect,
  type GivenIdentity,
  newClientTransaction,
  stepClientTransaction,
} from '../../protocol/client/transaction.ts'
import type { FailureSource } from '../../protocol/client/transaction-failure.ts'
import { childLifetime, type Lifetime } from './lifetime.ts'
import type { TransactionCoordinator } from './transaction-coordinator.ts'
import { failureOf, fenced, mustAbort, tookTooLong, unanswered, undecided } from './transaction-failures.ts'
import { type SendRefusal, TransactionStage, type TransactionStageParts } from './transaction-stage.ts'

type Answer<A> = Promise<E.Either<EngineFailure, A>>

/** What the coordinator is asked again without a pause: what stands in the way ends within a step or two. */
const attemptsAtOnce = 10
/** How long until what the storage had no room for is tried again. */
const retryMs = 1_000

export interface TransactionHolderParts extends TransactionStageParts {
  readonly timeoutMs: number
  /** It is closed, and holds nothing any more. */
  readonly ended: () => void
  readonly engine: Lifetime
  readonly clock: Clock
  /** Everything staged so far becomes durable and visible. */
  readonly commit: () => Answer<void>
}

/**
 * One holder of a transactional id: drives the client's machine against the coordinator in the same process.
 *
 * All that a call does to the log is staged before the call returns, so that calls under way at the same time keep
 * their order; a commit alone waits for it to be durable.
 */
export class TransactionHolder {
  readonly #parts: TransactionHolderParts
  readonly #lifetime: Lifetime
  #state: ReturnType<typeof newClientTransaction>
  #requests = 0
  readonly #waiting = new Map<number, (failure: EngineFailure | undefined) => void>()
  /** What was let through by the machine in this very step. */
  #admitted: GivenIdentity | undefined
  readonly #stage: TransactionStage
  /** The last request to the coordinator failed for want of room. */
  #isFull = false

  constructor(parts: TransactionHolderParts) {
    this.#parts = parts
    this.#lifetime = childLifetime(parts.engine, `the transactional producer '${parts.transactionalId}'`)
    this.#lifetime.onEnd(() => parts.ended())
    this.#stage = new TransactionStage(parts)
    this.#state = newClientTransaction(parts.transactionalId)
  }

  /** Takes over the id. */
  initialize(): Answer<void> {
    return this.#ask((request) => ({ _tag: 'initialize', request }))
  }

  /** Somebody else has the id from now on. */
  fence(): void {
    this.#refuse('coordinator', fenced(this.#parts.transactionalId))
  }

  /** The open transaction took too long and was aborted. */
  timeOut(): void {
    const { transactionalId, timeoutMs } = this.#parts
    this.#refuse('coordinator', tookTooLong(transactionalId, timeoutMs))
  }

  readonly producer: TransactionalProducer = {
    append: (batches) => this.#lifetime.call(() => this.#append(batches)),
    sendOffsets: (token, offsets) =>
      this.#lifetime.call(() => this.#send((identity) => this.#stage.offsets(token, offsets, identity))),
    commit: () => this.#lifetime.call(() => this.#commit()),
    abort: () => this.#lifetime.call(() => this.#end(false)),
    close: () => async () => {
      if (this.#lifetime.ended === undefined) await this.#lifetime.call(() => this.#end(false))()
      this.#lifetime.end()
      return E.right(undefined)
    },
  }

  #append(
    batches: readonly UnsealedBatch[],
  ): E.Either<EngineFailure, readonly Appended[]> | Answer<readonly Appended[]> {
    const appended = this.#send((identity) => this.#stage.batches(batches, identity))
    return appended._tag === 'Left' || !this.#stage.isLarge ? appended : this.#written(appended)
  }

  /** So much is staged that whoever appends waits until it is written. */
  async #written<A>(appended: E.Either<EngineFailure, A>): Answer<A> {
    this.#stage.written()
    const written = await this.#parts.commit()
    if (written._tag === 'Left') this.#refuse('partition', written.left)
    return written._tag === 'Left' ? written : appended
  }

  /** Stages what the machine lets through, and tells it what came of it. */
  #send<A>(stage: (identity: GivenIdentity) => E.Either<SendRefusal, A>): E.Either<EngineFailure, A> {
    const identity = this.#admit()
    if (identity._tag === 'Left') return identity
    const staged = stage(identity.right)
    const { epoch } = identity.right
    if (staged._tag === 'Right') this.#step({ _tag: 'sent', epoch })
    else this.#step({ _tag: 'sendFailed', epoch, ...staged.left })
    return E.mapLeft(({ failure }: SendRefusal) => failure)(staged)
  }

  #commit(): Answer<void> {
    const { phase, failure } = this.#state
    if (phase === 'ABORTABLE_ERROR' && failure !== undefined)
      return Promise.resolve(E.left(mustAbort(this.#parts.transactionalId, failure)))
    return this.#end(true)
  }

  #end(commit: boolean): Answer<void> {
    return this.#ask((request) => ({ _tag: 'end', request, commit }))
  }

  /** Lets a send through, or says why not. */
  #admit(): E.Either<EngineFailure, GivenIdentity> {
    this.#admitted = undefined
    let refused: EngineFailure | undefined
    const request = this.#requests++
    this.#waiting.set(request, (failure) => {
      refused = failure
    })
    this.#step({ _tag: 'send', request })
    this.#waiting.delete(request)
    const { failure, phase } = this.#state
    if (this.#admitted !== undefined) return E.right(this.#admitted)
    if (phase === 'ABORTABLE_ERROR' && failure !== undefined)
      return E.left(mustAbort(this.#parts.transactionalId, failure))
    return E.left(refused ?? unanswered(this.#parts.transactionalId))
  }

  /** What nobody has asked for: the machine counts it as the answer to something sent. */
  #refuse(from: FailureSource, failure: EngineFailure): void {
    const { phase, identity } = this.#state
    if (identity === undefined || phase === 'FATAL_ERROR') return
    this.#state = { ...this.#state, inFlight: this.#state.inFlight + 1 }
    this.#step({ _tag: 'sendFailed', epoch: identity.epoch, from, failure })
  }

  #ask(make: (request: number) => ClientTransactionCommand): Answer<void> {
    return new Promise((resolve) => {
      const request = this.#requests++
      const forget = this.#lifetime.onEnd((failure) => resolve(E.left(failure)))
      this.#waiting.set(request, (failure) => {
        forget()
        resolve(failure === undefined ? E.right(undefined) : E.left(failure))
      })
      this.#step(make(request))
    })
  }

  #step(command: ClientTransactionCommand): void {
    const [state, effects] = stepClientTransaction(this.#state, command)
    this.#state = state
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: ClientTransactionEffect): void {
    switch (effect._tag) {
      case 'admit':
        this.#admitted = effect.identity
        return
      case 'reply': {
        const answer = this.#waiting.get(effect.request)
        this.#waiting.delete(effect.request)
        return answer?.(effect.failure)
      }
      case 'initProducerId':
        return this.#again(effect.attempt, () => void this.#askInit())
      case 'endTransaction':
        return this.#again(effect.attempt, () => void this.#askEnd(effect.identity, effect.commit))
    }
  }

  /** At once while what stands in the way is of this process, and ends by itself; later where it is the storage. */
  #again(attempt: number, work: () => void): void {
    if (this.#lifetime.ended !== undefined) return
    if (attempt < attemptsAtOnce && !this.#isFull) return work()
    this.#parts.clock.after(retryMs, () => {
      if (this.#lifetime.ended === undefined) work()
    })
  }

  async #askInit(): Promise<void> {
    const { timeoutMs } = this.#parts
    const [reply, committed] = await this.#decided({ _tag: 'initProducerId', timeoutMs })
    if (reply._tag === 'identity' && committed._tag === 'Right') this.#step({ ...reply, _tag: 'initialized' })
    else this.#failed({ _tag: 'initializeFailed', failure: failureOf(committed, reply) })
  }

  async #askEnd(asked: GivenIdentity, commit: boolean): Promise<void> {
    const [reply, committed] = await this.#decided({ _tag: 'endTransaction', ...asked, commit })
    if (reply._tag === 'identity' && committed._tag === 'Right') {
      this.#stage.restart()
      this.#step({ ...reply, _tag: 'ended', asked })
    } else this.#failed({ _tag: 'endFailed', asked, failure: failureOf(committed, reply) })
  }

  /** What the coordinator decides, and whether that is durable with all that follows from it. */
  async #decided(
    asked: Parameters<TransactionCoordinator['ask']>[1],
  ): Promise<readonly [TransactionReply, E.Either<EngineFailure, void>]> {
    const { coordinator, transactionalId } = this.#parts
    const { promise, resolve } = Promise.withResolvers<TransactionReply>()
    let known: TransactionReply | undefined
    coordinator.ask(transactionalId, asked, (reply) => {
      known = reply
      resolve(reply)
    })
    const reply = known ?? (await promise)
    return [reply, await this.#parts.commit()]
  }

  /**
   * Whoever waits is told of a full storage, and may ask again; the machine goes on by itself meanwhile. So an end is
   * undecided by then: staged or not, it may come through when nobody asks any more.
   */
  #failed(command: Extract<ClientTransactionCommand, { _tag: 'initializeFailed' | 'endFailed' }>): void {
    const { failure } = command
    this.#isFull = failure.code === 'storage-full'
    if (this.#isFull) {
      const { phase, transactionalId } = this.#state
      const isEnd = command._tag === 'endFailed'
      const told = isEnd ? undecided(transactionalId, phase === 'COMMITTING', failure) : failure
      this.#step({ _tag: 'stopWaiting', failure: told })
    }
    this.#step(command)
  }
}
