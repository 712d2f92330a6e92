import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type {
  Appended,
  CommittedOffset,
  GroupToken,
  TransactionalProducer,
  UnsealedBatch,
} from '../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { PartitionLog } from '../../log/partition-log.ts'
import type { GroupReply } from '../../protocol/broker/group-command.ts'
import type { TransactionReply } from '../../protocol/broker/transaction-messages.ts'
import {
  type ClientTransactionCommand,
  type ClientTransactionEffect,
  type GivenIdentity,
  newClientTransaction,
  stepClientTransaction,
} from '../../protocol/client/transaction.ts'
import type { FailureSource } from '../../protocol/client/transaction-failure.ts'
import type { BatchStager } from './batch-stager.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import { wrongOffset } from './groups.ts'
import { childLifetime, type Lifetime } from './lifetime.ts'
import { internalTopics, type Partitions } from './partitions.ts'
import type { TransactionCoordinator } from './transaction-coordinator.ts'

type Answer<A> = Promise<E.Either<EngineFailure, A>>

/** What a transaction may have staged before its appends wait for the log: memory is bounded. */
const stagedBytesMax = 4 * 1024 * 1024
const attemptsAtOnce = 10
/** How long until what the storage had no room for is tried again. */
const retryMs = 1_000

const offsetsPartition: TopicPartition = { topic: internalTopics.offsets, partition: 0 }

export interface TransactionHolderParts {
  readonly transactionalId: string
  readonly timeoutMs: number
  readonly partitions: Partitions
  readonly stager: BatchStager
  readonly coordinator: TransactionCoordinator
  readonly groups: GroupCoordinator
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
  readonly #added = new Set<PartitionLog | 'offsets'>()
  #stagedBytes = 0
  /** The last request to the coordinator failed for want of room. */
  #isFull = false

  constructor(parts: TransactionHolderParts) {
    this.#parts = parts
    this.#lifetime = childLifetime(parts.engine, `the transactional producer '${parts.transactionalId}'`)
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
    sendOffsets: (token, offsets) => this.#lifetime.call(() => this.#sendOffsets(token, offsets)),
    commit: () => this.#lifetime.call(() => this.#commit()),
    abort: () => this.#lifetime.call(() => this.#end(false)),
    close: () => async () => {
      if (this.#lifetime.ended === undefined) await this.#lifetime.call(() => this.#end(false))()
      this.#lifetime.end()
      return E.right(undefined)
    },
  }

  async #append(batches: readonly UnsealedBatch[]): Answer<readonly Appended[]> {
    const identity = this.#admit()
    if (identity._tag === 'Left') return identity
    const appended = this.#stageAll(batches, identity.right)
    this.#settleSend('partition', appended)
    if (appended._tag === 'Left' || this.#stagedBytes < stagedBytesMax) return appended
    this.#stagedBytes = 0
    const written = await this.#parts.commit()
    if (written._tag === 'Left') this.#refuse('partition', written.left)
    return written._tag === 'Left' ? written : appended
  }

  #stageAll(batches: readonly UnsealedBatch[], identity: GivenIdentity): E.Either<EngineFailure, readonly Appended[]> {
    const { stager } = this.#parts
    const logs = stager.locate(batches)
    if (logs._tag === 'Left') return logs
    const added = this.#add(batches, logs.right)
    if (added._tag === 'Left') return added
    const signature = { producerId: identity.producerId, producerEpoch: identity.epoch, transactional: true }
    const appended: Appended[] = []
    for (const [index, log] of logs.right.entries()) {
      const batch = batches[index] as UnsealedBatch
      const staged = stager.stage(log, batch, signature)
      if (staged._tag === 'Left') return staged
      this.#stagedBytes += batch.bytes.length
      appended.push(staged.right)
    }
    return E.right(appended)
  }

  async #sendOffsets(token: GroupToken, offsets: readonly CommittedOffset[]): Answer<void> {
    const identity = this.#admit()
    if (identity._tag === 'Left') return identity
    const wrong = wrongOffset(this.#parts.partitions, offsets)
    const sent = wrong === undefined ? this.#stageOffsets(token, offsets, identity.right) : E.left(wrong)
    this.#settleSend('coordinator', sent)
    return sent
  }

  #stageOffsets(
    { group, generation, memberId, instanceId }: GroupToken,
    offsets: readonly CommittedOffset[],
    { producerId, epoch: producerEpoch }: GivenIdentity,
  ): E.Either<EngineFailure, void> {
    const added = this.#add([offsetsPartition], ['offsets'])
    if (added._tag === 'Left') return added
    let reply: GroupReply | undefined
    const from = { generation, memberId, instanceId, producerId, producerEpoch }
    this.#parts.groups.ask(group, { _tag: 'commit-in-transaction', ...from, offsets }, (answer) => {
      reply = answer
    })
    if (reply?._tag === 'done') return E.right(undefined)
    return E.left(reply?._tag === 'refused' ? reply.failure : unanswered(this.#parts.transactionalId))
  }

  /** Makes partitions part of the transaction, if they are not yet. */
  #add(
    partitions: readonly TopicPartition[],
    keys: readonly (PartitionLog | 'offsets')[],
  ): E.Either<EngineFailure, void> {
    if (keys.every((key) => this.#added.has(key))) return E.right(undefined)
    const { coordinator, transactionalId } = this.#parts
    const identity = this.#state.identity
    let reply: TransactionReply | undefined
    if (identity !== undefined)
      coordinator.ask(
        transactionalId,
        { _tag: 'addPartitions', ...identity, partitions: distinct(partitions) },
        (a) => {
          reply = a
        },
      )
    if (reply?._tag !== 'added') {
      const failure = reply?._tag === 'refused' ? reply.failure : unanswered(transactionalId)
      this.#refuse('coordinator', failure)
      return E.left(failure)
    }
    for (const key of keys) this.#added.add(key)
    return E.right(undefined)
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

  #settleSend(from: FailureSource, sent: E.Either<EngineFailure, unknown>): void {
    const epoch = this.#state.identity?.epoch ?? -1
    this.#step(
      sent._tag === 'Right' ? { _tag: 'sent', epoch } : { _tag: 'sendFailed', epoch, from, failure: sent.left },
    )
  }

  #refuse(from: FailureSource, failure: EngineFailure): void {
    const { phase, identity } = this.#state
    if (identity === undefined || phase === 'FATAL_ERROR') return
    // the machine counts what was sent and not answered: what comes unasked is one of those, too
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
      this.#added.clear()
      this.#stagedBytes = 0
      this.#parts.stager.restart()
      this.#step({ ...reply, _tag: 'ended', asked })
    } else this.#failed({ _tag: 'endFailed', asked, failure: failureOf(committed, reply) })
  }

  /** What the coordinator decides, and whether that is durable with all that follows from it. */
  async #decided(
    asked: Parameters<TransactionCoordinator['ask']>[1],
  ): Promise<readonly [TransactionReply, E.Either<EngineFailure, void>]> {
    const { coordinator, transactionalId } = this.#parts
    const reply = await new Promise<TransactionReply>((resolve) => coordinator.ask(transactionalId, asked, resolve))
    return [reply, await this.#parts.commit()]
  }

  /** Whoever waits is told of a full storage, and may ask again; the machine goes on by itself meanwhile. */
  #failed(command: Extract<ClientTransactionCommand, { _tag: 'initializeFailed' | 'endFailed' }>): void {
    const { failure } = command
    this.#isFull = failure.code === 'storage-full'
    if (this.#isFull) this.#step({ _tag: 'stopWaiting', failure })
    this.#step(command)
  }
}

const failureOf = (committed: E.Either<EngineFailure, void>, reply: TransactionReply): EngineFailure => {
  if (committed._tag === 'Left') return committed.left
  if (reply._tag === 'refused') return reply.failure
  throw new Error(`broken invariant: ${reply._tag} is no refusal`)
}

const distinct = (partitions: readonly TopicPartition[]): readonly TopicPartition[] => {
  const seen = new Map<string, TopicPartition>()
  for (const { topic, partition } of partitions) seen.set(`${topic}-${partition}`, { topic, partition })
  return [...seen.values()]
}

const mustAbort = (transactionalId: string, failure: EngineFailure): EngineFailure =>
  engineFailure(
    'transaction-aborted',
    `the transaction of '${transactionalId}' must be aborted: ${failure.message}`,
    failure,
  )

const fenced = (transactionalId: string): EngineFailure =>
  engineFailure(
    'producer-fenced',
    `transactional id '${transactionalId}' was taken over by a newer producer: close this one, or give each running instance an id of its own`,
  )

const tookTooLong = (transactionalId: string, timeoutMs: number): EngineFailure =>
  engineFailure(
    'transaction-aborted',
    `a transaction of '${transactionalId}' was open for more than ${timeoutMs} ms and was aborted: abort, and do less in one, or allow it more time`,
  )

const unanswered = (transactionalId: string): EngineFailure =>
  engineFailure('concurrent-transactions', `transactional id '${transactionalId}' is changing: try again`)
