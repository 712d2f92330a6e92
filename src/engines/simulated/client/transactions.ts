import * as E from 'fp-ts/lib/Either.js'
import type {
  CommittedOffset,
  GroupToken,
  TransactionalProducer,
  TransactionOptions,
  UnsealedBatch,
} from '../../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import type {
  ClientTransaction,
  ClientTransactionCommand,
  GivenIdentity,
} from '../../../protocol/client/transaction.ts'
import type { FailureSource } from '../../../protocol/client/transaction-failure.ts'
import { type CoordinatorRequest, TransactionDriver } from '../../transaction-driver.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { positionsText, producerText } from '../message-text.ts'
import { BatchSender } from './batch-sender.ts'
import {
  type Answer,
  accepted,
  backoffMs,
  type Connection,
  callTimeoutMs,
  done,
  maxBackoffMs,
  requestTimeoutMs,
} from './connection.ts'

export interface TransactionsParts {
  readonly connection: Connection
  readonly cluster: Pick<ClusterOptions, 'acks' | 'firstSequence'>
  readonly options: TransactionOptions
}

type Asked<T extends CoordinatorRequest['_tag']> = Extract<CoordinatorRequest, { _tag: T }>

/** One holder of a transactional id: drives the client's machine against the coordinator, wherever that is. */
export class TransactionHolder {
  readonly #parts: TransactionsParts
  readonly #sender: BatchSender
  readonly #driver: TransactionDriver
  readonly #underWay = new Set<Promise<unknown>>()
  #begun: GivenIdentity | undefined
  #isClosed = false

  constructor(parts: TransactionsParts) {
    this.#parts = parts
    const { connection, cluster, options } = parts
    this.#sender = new BatchSender({ connection, options: cluster, transactionalId: options.transactionalId })
    this.#driver = new TransactionDriver({
      transactionalId: options.transactionalId,
      ask: (request) => void (request._tag === 'initProducerId' ? this.#askInit(request) : this.#askEnd(request)),
      mustAbort,
      notNow: () => engineFailure('invalid-transaction-state', 'nothing may be sent at the moment'),
      stepped: (was, is) => this.#tell(was, is),
    })
  }

  /** Takes over the id. */
  initialize(): Answer<void> {
    return this.#ask((request) => ({ _tag: 'initialize', request }))
  }

  readonly producer: TransactionalProducer = {
    append: (batches) => this.#call(() => this.#append(batches)),
    sendOffsets: (token, offsets) => this.#call(() => this.#sendOffsets(token, offsets)),
    commit: () => this.#call(() => this.#end(true)),
    abort: () => this.#call(() => this.#end(false)),
    close: () =>
      this.#parts.connection.call(async () => {
        if (this.#isClosed) return E.right(undefined)
        if (this.#driver.state.phase !== 'FATAL_ERROR') await this.#end(false)
        this.#isClosed = true
        await this.#sender.close()
        return E.right(undefined)
      }),
  }

  #call<A>(work: () => Answer<A>) {
    return this.#parts.connection.call(async (): Answer<A> => {
      if (!this.#isClosed) return work()
      const { transactionalId } = this.#parts.options
      return E.left(
        engineFailure('closed', `the transactional producer '${transactionalId}' is closed: open another one`),
      )
    })
  }

  async #append(batches: readonly UnsealedBatch[]): ReturnType<BatchSender['append']> {
    const admitted = this.#admit()
    if (E.isLeft(admitted)) return admitted
    return this.#follow('partition', admitted.right, this.#sender.append(batches))
  }

  async #sendOffsets(token: GroupToken, offsets: readonly CommittedOffset[]): Answer<void> {
    const admitted = this.#admit()
    if (E.isLeft(admitted)) return admitted
    const { connection, options } = this.#parts
    const { transactionalId } = options
    const { world, process } = connection
    world.tell(
      process,
      () =>
        `adds offsets to '${transactionalId}': ${positionsText(offsets)} in generation ${token.generation} of group '${token.group}'`,
      'transaction',
    )
    const sent = connection.patiently(async (): Answer<void> => {
      for (const { topic, partition } of offsets) {
        const there = await connection.leader({ topic, partition })
        if (E.isLeft(there) && there.left.kind === 'refused') return there
      }
      const request = { transactionalId, token, offsets, ...admitted.right }
      const of = { kind: 'offsets', id: token.group } as const
      return done(accepted(await connection.askCoordinator(of, 'commitOffsetsInTransaction', request)))
    })
    return this.#follow('coordinator', admitted.right, sent)
  }

  /** Tells the machine what comes of something sent. */
  async #follow<A>(from: FailureSource, { epoch }: GivenIdentity, sent: Answer<A>): Answer<A> {
    this.#underWay.add(sent)
    const answer = await sent
    this.#underWay.delete(sent)
    if (E.isRight(answer)) {
      this.#driver.step({ _tag: 'sent', epoch })
      return answer
    }
    const { code, message, cause } = answer.left
    const failure = engineFailure(code, `transactional id '${this.#parts.options.transactionalId}': ${message}`, cause)
    this.#driver.step({ _tag: 'sendFailed', epoch, from, failure })
    return E.left(failure)
  }

  async #end(commit: boolean): Answer<void> {
    const failure = commit ? this.#driver.mustAbort : undefined
    if (failure !== undefined) return E.left(failure)
    if (!commit) await this.#giveUp()
    return this.#ask((request) => ({ _tag: 'end', request, commit }))
  }

  /** What was sent before an abort may still be answered; what is not, within a while, is dropped. */
  async #giveUp(): Promise<void> {
    const sent = Promise.allSettled(this.#underWay)
    await Promise.race([sent, this.#parts.connection.wait(requestTimeoutMs, 'waits for what was sent')])
    this.#sender.abort()
  }

  /** Lets a send through, or says why not. */
  #admit(): E.Either<EngineFailure, GivenIdentity> {
    const admitted = this.#driver.admit()
    if (E.isLeft(admitted)) return admitted
    const identity = admitted.right
    if (this.#begun?.epoch !== identity.epoch || this.#begun.producerId !== identity.producerId) {
      this.#begun = identity
      this.#sender.begin(identity)
    }
    return admitted
  }

  #ask(make: (request: number) => ClientTransactionCommand): Answer<void> {
    const { world, process } = this.#parts.connection
    return new Promise((resolve) => {
      const stopTimer = world.after(process, callTimeoutMs, 'gives up waiting', () =>
        this.#driver.step({ _tag: 'stopWaiting', failure: undecided(this.#parts.options.transactionalId) }),
      )
      this.#driver.ask(make, (failure) => {
        stopTimer()
        resolve(failure === undefined ? E.right(undefined) : E.left(failure))
      })
    })
  }

  #tell(was: ClientTransaction, is: ClientTransaction): void {
    if (was.phase === is.phase) return
    const { world, process } = this.#parts.connection
    world.tell(process, () => phaseText(was, is), 'transaction')
  }

  async #askInit({ attempt }: Asked<'initProducerId'>): Promise<void> {
    await this.#backOff(attempt)
    const { connection, options } = this.#parts
    const { transactionalId, timeoutMs } = options
    const of = { kind: 'transactions', id: transactionalId } as const
    const reply = accepted(await connection.askCoordinator(of, 'initProducerId', { transactionalId, timeoutMs }))
    if (E.isLeft(reply)) this.#driver.step({ _tag: 'initializeFailed', failure: reply.left })
    else this.#driver.step({ ...reply.right, _tag: 'initialized' })
  }

  async #askEnd({ identity, commit, attempt }: Asked<'endTransaction'>): Promise<void> {
    await this.#backOff(attempt)
    const { connection, options } = this.#parts
    const { transactionalId } = options
    const of = { kind: 'transactions', id: transactionalId } as const
    const request = { transactionalId, commit, ...identity }
    const reply = accepted(await connection.askCoordinator(of, 'endTransaction', request, requestTimeoutMs))
    const asked = identity
    if (E.isLeft(reply)) this.#driver.step({ _tag: 'endFailed', asked, failure: reply.left })
    else this.#driver.step({ ...reply.right, _tag: 'ended', asked })
  }

  async #backOff(attempt: number): Promise<void> {
    const { connection } = this.#parts
    if (connection.view.version < 0) await connection.refresh()
    if (attempt <= 0) return
    await connection.wait(Math.min(backoffMs * 2 ** Math.min(attempt - 1, 10), maxBackoffMs), 'backs off')
    await connection.refresh()
  }
}

const phaseText = (was: ClientTransaction, is: ClientTransaction): string => {
  const id = `'${is.transactionalId}'`
  const why = is.failure === undefined ? '' : `: ${is.failure.code}`
  switch (is.phase) {
    case 'UNINITIALIZED':
    case 'INITIALIZING':
      return `takes over ${id}`
    case 'READY':
      if (was.phase === 'COMMITTING') return `has committed ${id}`
      if (was.phase === 'INITIALIZING' && is.identity !== undefined) return `has ${id}, as ${producerText(is.identity)}`
      return `has aborted ${id}`
    case 'IN_TRANSACTION':
      return `begins a transaction of ${id}${is.identity === undefined ? '' : ` (${producerText(is.identity)})`}`
    case 'COMMITTING':
      return `commits ${id}`
    case 'ABORTING':
      return `aborts ${id}`
    case 'ABORTABLE_ERROR':
      return `has to abort ${id}${why}`
    case 'FATAL_ERROR':
      return `has lost ${id} for good${why}`
  }
}

/** An epoch that is over may be somebody else's taking over the id: whoever asks has to know. */
const mustAbort = (cause: EngineFailure): EngineFailure =>
  cause.code === 'invalid-producer-epoch' ? cause : abortFirst(cause)

const abortFirst = (cause: EngineFailure): EngineFailure =>
  engineFailure(
    'transaction-aborted',
    `the transaction must be aborted, since something of it failed: ${cause.message}`,
    cause,
  )

const undecided = (transactionalId: string): EngineFailure =>
  engineFailure(
    'timed-out',
    `the coordinator of transactional id "${transactionalId}" did not answer for ${callTimeoutMs / 1000} s: ask again, or take the id anew`,
  )
