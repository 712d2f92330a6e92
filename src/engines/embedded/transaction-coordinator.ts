import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import { none } from '../../protocol/broker/producer-state.ts'
import { loadTransaction, stepTransaction, type TransactionState } from '../../protocol/broker/transaction.ts'
import type {
  TransactionCommand,
  TransactionEffect,
  TransactionReply,
  TransactionRequest,
} from '../../protocol/broker/transaction-messages.ts'
import {
  decodeTransaction,
  decodeTransactionKey,
  encodeTransaction,
  encodeTransactionKey,
} from '../../protocol/broker/transaction-record.ts'
import {
  caughtUp,
  idExpirationMs,
  isComplete,
  isPrepared,
  type TransactionRecord,
} from '../../protocol/broker/transaction-state.ts'
import type { AskedOfTransaction } from '../asked.ts'
import { AwaitedReplies } from '../awaited-replies.ts'
import type { InternalLog } from './internal-log.ts'
import type { ProducerIds } from './producer-ids.ts'

/** One directory has one coordinator, ever: nobody is there to fence. */
const coordinatorEpoch = 0
/** How long until an end that could not be staged is tried again. */
const retryMs = 1_000
/** How often ids are looked through for those that expired. */
const sweepMs = 60 * 60 * 1000

/** The end of a transaction, as every partition of it is told. */
export interface Marker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly commit: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface TransactionCoordinatorParts {
  readonly log: InternalLog
  readonly producerIds: ProducerIds
  readonly clock: Clock
  /** Stages a marker; one for a partition that is gone is as good as written. */
  readonly mark: (at: TopicPartition, marker: Marker) => E.Either<EngineFailure, void>
  /** Whether the transaction that `marker` ends is open there. */
  readonly isOpen: (at: TopicPartition, marker: Marker) => boolean
  /** A timeout has aborted what the id had open. */
  readonly timedOut: (transactionalId: string) => void
  /** Something was staged that nobody waits for. */
  readonly finished: () => void
}

const unwritten: E.Either<never, void> = E.right(undefined)

/**
 * Drives the machine of every transactional id over the log.
 *
 * What it writes counts as written once it is staged: the journal is one ordered prefix, so nothing that follows can
 * survive without it. The decision and the markers are staged in one run, behind the data; answers are for the caller to
 * hold back until the log has committed.
 *
 * Of a transaction only the decision is written while the engine is at work. That one is open is to be seen in its
 * partitions, and that it is complete follows from the markers behind the decision: who opens the directory next looks.
 */
export class TransactionCoordinator {
  readonly #parts: TransactionCoordinatorParts
  readonly #begunMs: number
  readonly #states = new Map<string, TransactionState>()
  readonly #replies = new AwaitedReplies<TransactionReply>()
  readonly #retries = new Set<() => void>()
  #isAtWork = false
  #timer: { readonly at: number; readonly stop: () => void } | undefined

  constructor(parts: TransactionCoordinatorParts) {
    this.#parts = parts
    this.#begunMs = parts.clock.now() - parts.clock.elapsed()
  }

  /** The wall clock as it was at the beginning, and steady since: a step of it neither ends a transaction nor keeps it. */
  get #nowMs(): number {
    return Math.floor(this.#begunMs + this.#parts.clock.elapsed())
  }

  /**
   * Takes over what the log holds. Everybody who was at work is dead: open transactions abort, prepared ones end. `epochs`
   * is how far each producer's go in the partitions once that is done.
   */
  load(epochs: ReadonlyMap<number, number>): E.Either<EngineFailure, void> {
    const { log } = this.#parts
    const records = new Map<string, TransactionRecord>()
    let unreadable: EngineFailure | undefined
    const replayed = log.replay(({ key, value }) => {
      const transactionalId = decodeTransactionKey(key)
      if (transactionalId._tag === 'Left') {
        unreadable ??= log.unreadable(transactionalId.left.message)
      } else if (value === null) records.delete(transactionalId.right)
      else {
        const record = decodeTransaction(value)
        if (record._tag === 'Left') unreadable ??= log.unreadable(record.left.message)
        else records.set(transactionalId.right, record.right)
      }
    })
    if (replayed._tag === 'Left') return replayed
    if (unreadable !== undefined) return E.left(unreadable)
    for (const [transactionalId, record] of records) {
      const now = this.#nowMs
      const [state, effects] = loadTransaction({ transactionalId, coordinatorEpoch, record, now })
      this.#states.set(transactionalId, state)
      this.#perform(transactionalId, effects)
    }
    this.abandon()
    for (const [transactionalId, state] of this.#states) {
      if (state.record === undefined) continue
      const record = caughtUp(state.record, epochs.get(state.record.producerId) ?? none)
      if (record !== state.record) this.#states.set(transactionalId, { ...state, record })
    }
    return E.right(undefined)
  }

  /** Whether a transaction of this producer is open, or decided with its end still to be written. */
  isEnding(producerId: number): boolean {
    for (const { record } of this.#states.values())
      if (record?.producerId === producerId && (record.phase === 'Ongoing' || isPrepared(record))) return true
    return false
  }

  /** Starts to watch the time. */
  start(): void {
    this.#isAtWork = true
    this.#arm(this.#nowMs + sweepMs)
  }

  /** What is asked is done, or refused, when this returns, but for a producer id that must be set aside first. */
  ask(transactionalId: string, asked: AskedOfTransaction, answer: (reply: TransactionReply) => void): void {
    const request = this.#replies.add(answer)
    this.#step(transactionalId, { ...asked, request, now: this.#nowMs } as TransactionRequest)
  }

  stop(): void {
    this.#isAtWork = false
    for (const stop of this.#retries) stop()
    this.#retries.clear()
    this.#timer?.stop()
    this.#timer = undefined
  }

  /** Everybody is gone: what is open is aborted. */
  abandon(): void {
    const now = this.#nowMs
    for (const transactionalId of [...this.#states.keys()]) this.#step(transactionalId, { _tag: 'abandoned', now })
  }

  #step(transactionalId: string, command: TransactionCommand): void {
    const before = this.#states.get(transactionalId) ?? this.#unknown(transactionalId)
    const [state, effects] = stepTransaction(before, command)
    if (state !== before) {
      this.#states.set(transactionalId, state)
      const { record } = state
      if (record?.phase === 'Ongoing' && before.record?.phase !== 'Ongoing')
        this.#arm(record.startedAtMs + record.timeoutMs + 1)
    }
    this.#perform(transactionalId, effects)
    if (this.#states.get(transactionalId)?.record === undefined && state.pending === undefined)
      this.#states.delete(transactionalId)
  }

  #unknown(transactionalId: string): TransactionState {
    const now = this.#nowMs
    return loadTransaction({ transactionalId, coordinatorEpoch, record: undefined, now })[0]
  }

  #perform(transactionalId: string, effects: readonly TransactionEffect[]): void {
    for (const effect of effects)
      switch (effect._tag) {
        case 'reply':
          this.#replies.answer(effect.request, effect.reply)
          break
        case 'persist':
          this.#persist(transactionalId, effect.record)
          break
        case 'allocateProducerId':
          this.#allocate(transactionalId)
          break
        case 'writeMarkers':
          this.#mark(transactionalId, effect)
          break
      }
  }

  #persist(transactionalId: string, record: TransactionRecord | undefined): void {
    const written = this.#isKept(record) ? this.#write(transactionalId, record) : unwritten
    this.#step(
      transactionalId,
      written._tag === 'Right' ? { _tag: 'persisted' } : { _tag: 'persistFailed', failure: written.left },
    )
  }

  /** Whether the log needs to know: what it does not, is to be seen in the partitions or follows from the decision. */
  #isKept(record: TransactionRecord | undefined): boolean {
    return record === undefined || !(record.phase === 'Ongoing' || (isComplete(record) && this.#isAtWork))
  }

  #write(transactionalId: string, record: TransactionRecord | undefined): E.Either<EngineFailure, unknown> {
    const value = record === undefined ? null : encodeTransaction(record)
    return this.#parts.log.write([{ key: encodeTransactionKey(transactionalId), value }])
  }

  #allocate(transactionalId: string): void {
    const allocated = (taken: E.Either<EngineFailure, number>) =>
      this.#step(
        transactionalId,
        taken._tag === 'Right'
          ? { _tag: 'producerIdAllocated', producerId: taken.right }
          : { _tag: 'producerIdRefused', failure: taken.left },
      )
    void this.#parts.producerIds.take().then(allocated)
  }

  #mark(transactionalId: string, markers: Extract<TransactionEffect, { _tag: 'writeMarkers' }>): void {
    const { partitions, producerId, epoch, commit, coordinatorEpoch } = markers
    const now = this.#parts.clock.now()
    const marker: Marker = { producerId, producerEpoch: epoch, coordinatorEpoch, commit, now }
    const written = partitions.filter((at) => {
      // where everybody is dead, a marker that ends nothing has nobody to fence either, and what is open of another
      // transaction is not to be committed with this one
      if (!this.#isAtWork && !this.#parts.isOpen(at, marker)) return true
      const marked = this.#parts.mark(at, marker)
      // a damaged partition takes nothing more, ever, and shows nothing either
      return marked._tag === 'Right' || marked.left.kind !== 'retriable'
    })
    this.#step(transactionalId, { _tag: 'markersWritten', partitions: written, producerId, epoch, now: this.#nowMs })
    this.#finishLater(transactionalId)
  }

  /** A decided transaction whose end could not be staged: the storage is full, and will not be for ever. */
  #finishLater(transactionalId: string): void {
    const state = this.#states.get(transactionalId)
    if (state?.record === undefined || state.pending !== undefined || !isPrepared(state.record)) return
    const { producerId, epoch, phase } = state.record
    const { unmarked: partitions } = state
    const commit = phase === 'PrepareCommit'
    const stop = this.#parts.clock.after(retryMs, () => {
      this.#retries.delete(stop)
      this.#mark(transactionalId, { _tag: 'writeMarkers', partitions, producerId, epoch, commit, coordinatorEpoch })
      this.#parts.finished()
    })
    this.#retries.add(stop)
  }

  /** Looks at the time again at `at`, if not before. */
  #arm(at: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) return
    this.#timer?.stop()
    const stop = this.#parts.clock.after(Math.max(0, at - this.#nowMs), () => this.#tick())
    this.#timer = { at, stop }
  }

  #tick(): void {
    this.#timer = undefined
    const now = this.#nowMs
    let next = now + sweepMs
    for (const [transactionalId, before] of [...this.#states]) {
      this.#step(transactionalId, { _tag: 'tick', now, idExpirationMs })
      const record = this.#states.get(transactionalId)?.record
      if (record?.phase === 'Ongoing') next = Math.min(next, record.startedAtMs + record.timeoutMs + 1)
      else if (before.record?.phase === 'Ongoing') this.#parts.timedOut(transactionalId)
    }
    this.#parts.finished()
    this.#arm(next)
  }
}
