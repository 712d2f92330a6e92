import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type { Appended, TransactionalProducer, UnsealedBatch } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { TransactionReply } from '../../protocol/broker/transaction-messages.ts'
import type { ClientTransactionCommand, GivenIdentity } from '../../protocol/client/transaction.ts'
import type { AskedOfTransaction } from '../asked.ts'
import { type CoordinatorRequest, TransactionDriver } from '../transaction-driver.ts'
import { childLifetime, type Lifetime } from './lifetime.ts'
import { failureOf, fenced, mustAbort, tookTooLong, unanswered, undecided } from './transaction-failures.ts'
import { type SendRefusal, TransactionStage, type TransactionStageParts } from './transaction-stage.ts'

type Answer<A> = Promise<E.Either<EngineFailure, A>>
type Decided = (reply: TransactionReply, committed: E.Either<EngineFailure, void>) => void

const done: E.Either<never, void> = E.right(undefined)

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
  readonly #driver: TransactionDriver
  readonly #stage: TransactionStage
  /** Who waits for initialization or an end, and hears of the end of everything, too. */
  readonly #waiting: ((answer: E.Either<EngineFailure, void>) => void)[] = []
  /** The last request to the coordinator failed for want of room. */
  #isFull = false

  constructor(parts: TransactionHolderParts) {
    this.#parts = parts
    this.#lifetime = childLifetime(parts.engine, `the transactional producer '${parts.transactionalId}'`)
    this.#lifetime.onEnd((failure) => {
      parts.ended()
      for (const resolve of this.#waiting.splice(0)) resolve(E.left(failure))
    })
    this.#stage = new TransactionStage(parts)
    const { transactionalId } = parts
    this.#driver = new TransactionDriver({
      transactionalId,
      ask: (request) => this.#askCoordinator(request),
      mustAbort: (cause) => mustAbort(transactionalId, cause),
      notNow: () => unanswered(transactionalId),
    })
  }

  /** Takes over the id. */
  initialize(): Answer<void> {
    return this.#ask((request) => ({ _tag: 'initialize', request }))
  }

  /** Somebody else has the id from now on. */
  fence(): void {
    this.#driver.refuse('coordinator', fenced(this.#parts.transactionalId))
  }

  /** The open transaction took too long and was aborted. */
  timeOut(): void {
    const { transactionalId, timeoutMs } = this.#parts
    this.#driver.refuse('coordinator', tookTooLong(transactionalId, timeoutMs))
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
    if (written._tag === 'Left') this.#driver.refuse('partition', written.left)
    return written._tag === 'Left' ? written : appended
  }

  /** Stages what the machine lets through, and tells it what came of it. */
  #send<A>(stage: (identity: GivenIdentity) => E.Either<SendRefusal, A>): E.Either<EngineFailure, A> {
    const identity = this.#driver.admit()
    if (identity._tag === 'Left') return identity
    const staged = stage(identity.right)
    const { epoch } = identity.right
    if (staged._tag === 'Right') {
      this.#driver.step({ _tag: 'sent', epoch })
      return staged
    }
    this.#driver.step({ _tag: 'sendFailed', epoch, ...staged.left })
    return E.left(staged.left.failure)
  }

  #commit(): Answer<void> {
    const failure = this.#driver.mustAbort
    return failure === undefined ? this.#end(true) : Promise.resolve(E.left(failure))
  }

  #end(commit: boolean): Answer<void> {
    return this.#ask((request) => ({ _tag: 'end', request, commit }))
  }

  #ask(make: (request: number) => ClientTransactionCommand): Answer<void> {
    if (this.#lifetime.ended !== undefined) return Promise.resolve(E.left(this.#lifetime.ended))
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#driver.ask(make, (failure) => {
        const at = this.#waiting.indexOf(resolve)
        if (at !== -1) this.#waiting.splice(at, 1)
        resolve(failure === undefined ? done : E.left(failure))
      })
    })
  }

  /** At once while what stands in the way is of this process, and ends by itself; later where it is the storage. */
  #askCoordinator(request: CoordinatorRequest): void {
    if (this.#lifetime.ended !== undefined) return
    if (request.attempt < attemptsAtOnce && !this.#isFull) return this.#askNow(request)
    this.#parts.clock.after(retryMs, () => {
      if (this.#lifetime.ended === undefined) this.#askNow(request)
    })
  }

  #askNow(request: CoordinatorRequest): void {
    if (request._tag === 'initProducerId') this.#askInit()
    else this.#askEnd(request.identity, request.commit)
  }

  #askInit(): void {
    const { timeoutMs } = this.#parts
    this.#decide({ _tag: 'initProducerId', timeoutMs }, (reply, committed) => {
      if (reply._tag === 'identity' && committed._tag === 'Right') this.#driver.step({ ...reply, _tag: 'initialized' })
      else this.#failed({ _tag: 'initializeFailed', failure: failureOf(committed, reply) })
    })
  }

  #askEnd(asked: GivenIdentity, commit: boolean): void {
    this.#decide({ _tag: 'endTransaction', ...asked, commit }, (reply, committed) => {
      if (reply._tag === 'identity' && committed._tag === 'Right') {
        this.#stage.restart()
        this.#driver.step({ ...reply, _tag: 'ended', asked })
      } else this.#failed({ _tag: 'endFailed', asked, failure: failureOf(committed, reply) })
    })
  }

  /** What the coordinator decides, and whether that is durable with all that follows from it. */
  #decide(asked: AskedOfTransaction, decided: Decided): void {
    const { coordinator, transactionalId, commit } = this.#parts
    let isAsking = true
    let known: TransactionReply | undefined
    const tell = (reply: TransactionReply) => void commit().then((committed) => decided(reply, committed))
    coordinator.ask(transactionalId, asked, (reply) => {
      // what follows from the decision is staged behind it
      if (isAsking) known = reply
      else tell(reply)
    })
    isAsking = false
    if (known !== undefined) tell(known)
  }

  /**
   * Whoever waits is told of a full storage, and may ask again; the machine goes on by itself meanwhile. So an end is
   * undecided by then: staged or not, it may come through when nobody asks any more.
   */
  #failed(command: Extract<ClientTransactionCommand, { _tag: 'initializeFailed' | 'endFailed' }>): void {
    const { failure } = command
    this.#isFull = failure.code === 'storage-full'
    if (this.#isFull) {
      const { phase, transactionalId } = this.#driver.state
      const isEnd = command._tag === 'endFailed'
      const told = isEnd ? undecided(transactionalId, phase === 'COMMITTING', failure) : failure
      this.#driver.step({ _tag: 'stopWaiting', failure: told })
    }
    this.#driver.step(command)
  }
}
