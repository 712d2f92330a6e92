import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../../contracts/clock.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { loadTransaction, stepTransaction, type TransactionState } from '../../../protocol/broker/transaction.ts'
import type {
  TransactionCommand,
  TransactionEffect,
  TransactionReply,
  TransactionRequest,
} from '../../../protocol/broker/transaction-messages.ts'
import {
  decodeTransaction,
  decodeTransactionKey,
  encodeTransaction,
  encodeTransactionKey,
} from '../../../protocol/broker/transaction-record.ts'
import { idExpirationMs, isPrepared, type TransactionRecord } from '../../../protocol/broker/transaction-state.ts'
import { keyHash } from '../../../protocol/client/partitioner.ts'
import type { AskedOfTransaction } from '../../asked.ts'
import { AwaitedReplies } from '../../awaited-replies.ts'
import { partitionsText, producerText } from '../message-text.ts'
import type { LedLog } from './led-log.ts'
import type { Watched } from './observer.ts'

type Markers = Extract<TransactionEffect, { _tag: 'writeMarkers' }>

/** What comes of markers, partition by partition, whenever it is known. */
export type MarkersSent = Extract<TransactionCommand, { _tag: 'markersWritten' | 'markersRefused' }>

export interface TransactionShardParts {
  readonly log: LedLog
  readonly clock: Clock
  /** New ids are as if they had been taken over so often. */
  readonly firstEpoch: number
  readonly watched: Watched
  /** A line for people, as of the broker. */
  readonly tell: (what: () => string) => void
  readonly allocateProducerId: (answer: (taken: E.Either<EngineFailure, number>) => void) => void
  /** Brings them to the partitions' leaders, again and again until each has its own or refuses it, or nobody wants it. */
  readonly sendMarkers: (markers: Markers, sent: (what: MarkersSent) => void, isWanted: () => boolean) => void
}

/** As Kafka's transaction.abort.timed.out.transaction.cleanup.interval.ms. */
const sweepMs = 10_000
/** Ids from here on are of nobody else: those that are given out begin below, or far above. */
const firstUsedId = 2 ** 32

/** One partition of `__transaction_state` at its leader: drives the machine of every transactional id that belongs to it. */
export class TransactionShard {
  readonly #parts: TransactionShardParts
  readonly #states = new Map<string, TransactionState>()
  readonly #replies = new AwaitedReplies<TransactionReply>()
  #stopTimer = () => {}
  #isDeposed = false

  /** Reads the log and finishes what a coordinator before it has decided. */
  constructor(parts: TransactionShardParts) {
    this.#parts = parts
    const records = new Map<string, TransactionRecord>()
    parts.log.replay((replayed) => {
      if (replayed._tag === 'end') return
      const transactionalId = intact(decodeTransactionKey(replayed.key))
      if (replayed.value === null) records.delete(transactionalId)
      else records.set(transactionalId, intact(decodeTransaction(replayed.value)))
    })
    for (const [transactionalId, record] of records) {
      const [state, effects] = this.#load(transactionalId, record)
      this.#states.set(transactionalId, state)
      this.#perform(transactionalId, effects)
    }
    this.#arm()
  }

  ask(transactionalId: string, asked: AskedOfTransaction, answer: (reply: TransactionReply) => void): void {
    const request = this.#replies.add(answer)
    this.#step(transactionalId, { ...asked, request, now: this.#now } as TransactionRequest)
  }

  /** The state of an id, for those who check invariants. */
  get states(): ReadonlyMap<string, TransactionState> {
    return this.#states
  }

  /** Its process is about to end, or somebody else leads the partition. */
  leave(): void {
    const reached = this.#parts.watched.by?.reached
    for (const { record, pending } of this.#states.values())
      if (pending?._tag === 'writing' && pending.next !== undefined)
        reached?.(`transaction moved writing ${pending.next.phase}`)
      else if (record !== undefined) reached?.(`transaction moved in ${record.phase}`)
  }

  /** Somebody else leads the partition: whoever waits is told to find it. */
  depose(): void {
    this.leave()
    this.#isDeposed = true
    this.#stopTimer()
    const failure = engineFailure('not-coordinator', 'the coordinator has moved: find it anew')
    this.#replies.answerAll({ _tag: 'refused', failure })
  }

  get #now(): number {
    return this.#parts.clock.now()
  }

  #load(transactionalId: string, record: TransactionRecord | undefined) {
    const { leaderEpoch } = this.#parts.log
    return loadTransaction({ transactionalId, coordinatorEpoch: leaderEpoch, record, now: this.#now })
  }

  /** What the log would hold of an id that somebody has had for long. */
  #usedBefore(transactionalId: string, timeoutMs: number): TransactionRecord | undefined {
    const { firstEpoch: epoch } = this.#parts
    if (epoch === 0) return undefined
    // of its own, and the same for whoever coordinates it next
    const producerId = firstUsedId + keyHash(new TextEncoder().encode(transactionalId))
    const nobody = { previousProducerId: -1, nextProducerId: -1, startedAtMs: -1, partitions: [] }
    return { ...nobody, phase: 'Empty', producerId, epoch, timeoutMs, updatedAtMs: this.#now }
  }

  #step(transactionalId: string, command: TransactionCommand): void {
    if (this.#isDeposed) return
    const record = command._tag === 'initProducerId' ? this.#usedBefore(transactionalId, command.timeoutMs) : undefined
    const before = this.#states.get(transactionalId) ?? this.#load(transactionalId, record)[0]
    const [state, effects] = stepTransaction(before, command)
    this.#states.set(transactionalId, state)
    this.#perform(transactionalId, effects, command)
    const settled = this.#states.get(transactionalId)
    if (settled?.record === undefined && settled?.pending === undefined) this.#states.delete(transactionalId)
  }

  #perform(transactionalId: string, effects: readonly TransactionEffect[], command?: TransactionCommand): void {
    for (const effect of effects)
      switch (effect._tag) {
        case 'reply': {
          const { request, reply } = effect
          if (reply._tag === 'refused' && reply.failure.kind === 'fatal')
            this.#parts.tell(() => `fences a holder of '${transactionalId}': ${reply.failure.code}`)
          this.#replies.answer(request, reply)
          break
        }
        case 'persist':
          if (command?._tag === 'tick' && effect.record !== undefined && isPrepared(effect.record))
            this.#parts.watched.by?.reached('transaction timed out')
          this.#persist(transactionalId, effect.record)
          break
        case 'allocateProducerId':
          this.#parts.allocateProducerId((taken) =>
            this.#step(
              transactionalId,
              taken._tag === 'Right'
                ? { _tag: 'producerIdAllocated', producerId: taken.right }
                : { _tag: 'producerIdRefused', failure: taken.left },
            ),
          )
          break
        case 'writeMarkers':
          this.#parts.sendMarkers(
            effect,
            (sent) => this.#step(transactionalId, sent),
            () => !this.#isDeposed,
          )
          break
      }
  }

  #persist(transactionalId: string, record: TransactionRecord | undefined): void {
    this.#parts.tell(() => persistedText(transactionalId, record))
    if (record !== undefined && hasChangedHands(record)) this.#parts.watched.by?.reached('epoch exhausted')
    const value = record === undefined ? null : encodeTransaction(record)
    const settled = (failure: EngineFailure | undefined) =>
      this.#step(transactionalId, failure === undefined ? { _tag: 'persisted' } : { _tag: 'persistFailed', failure })
    const written = this.#parts.log.append([{ key: encodeTransactionKey(transactionalId), value }], undefined, settled)
    if (written._tag === 'Left') settled(written.left)
  }

  #arm(): void {
    this.#stopTimer = this.#parts.clock.after(sweepMs, () => {
      for (const transactionalId of [...this.#states.keys()])
        this.#step(transactionalId, { _tag: 'tick', now: this.#now, idExpirationMs })
      if (!this.#isDeposed) this.#arm()
    })
  }
}

/** What the cluster itself has written can be read, or the simulation is wrong. */
const intact = <A>(read: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(read)) throw new Error(`broken invariant: ${read.left.message}`)
  return read.right
}

/** Another producer id follows, since the epochs of the one before are used up. */
const hasChangedHands = ({ producerId, previousProducerId, nextProducerId }: TransactionRecord): boolean =>
  nextProducerId !== -1 || (previousProducerId !== -1 && previousProducerId !== producerId)

const persistedText = (transactionalId: string, record: TransactionRecord | undefined): string => {
  if (record === undefined) return `forgets '${transactionalId}'`
  switch (record.phase) {
    case 'Empty':
      return `gives '${transactionalId}' to ${producerText(record)}`
    case 'Ongoing':
      return `takes ${partitionsText(record.partitions)} into the transaction of '${transactionalId}' (${producerText(record)})`
    case 'PrepareCommit':
      return `decides to commit '${transactionalId}': ${partitionsText(record.partitions)}`
    case 'PrepareAbort':
      return `decides to abort '${transactionalId}': ${partitionsText(record.partitions)}`
    case 'CompleteCommit':
      return `has committed '${transactionalId}' everywhere`
    case 'CompleteAbort':
      return `has aborted '${transactionalId}' everywhere`
  }
}
