import type { TopicPartition } from '../../contracts/position.ts'
import { none } from './producer-state.ts'

/** Where a transactional id stands. Kafka's Dead and PrepareEpochFence are never written, and not needed here. */
export type TransactionPhase =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'

/** What the log of transactions holds for one transactional id. */
export interface TransactionRecord {
  readonly phase: TransactionPhase
  readonly producerId: number
  /** The producer id before the last change; another one only right after the epochs of that one ran out. */
  readonly previousProducerId: number
  /** While a transaction ends that has used up the epochs: the id that follows, with epoch 0. Else -1. */
  readonly nextProducerId: number
  /** While a transaction ends, already the epoch of its markers: one above that of its data. */
  readonly epoch: number
  readonly timeoutMs: number
  readonly partitions: readonly TopicPartition[]
  /** When the transaction's first partition was added; -1 before the first transaction. */
  readonly startedAtMs: number
  readonly updatedAtMs: number
}

/** The identity with which a producer writes. */
export interface ProducerIdentity {
  readonly producerId: number
  readonly epoch: number
}

/** How long an id is kept that nobody uses: Kafka's transactional.id.expiration.ms. */
export const idExpirationMs: number = 7 * 24 * 60 * 60 * 1000

/** The highest epoch that a producer is given. One is kept above it, so that it can always be fenced. */
export const lastUsableEpoch = 32766

export const isExhausted = (epoch: number): boolean => epoch >= lastUsableEpoch

/** A transaction is decided, and its markers are under way. */
export const isPrepared = ({ phase }: TransactionRecord): boolean =>
  phase === 'PrepareCommit' || phase === 'PrepareAbort'

/** A transaction is over, with all its markers written. */
export const isComplete = ({ phase }: TransactionRecord): boolean =>
  phase === 'CompleteCommit' || phase === 'CompleteAbort'

/** The record with which a transaction ends: its markers' epoch, and what the producer goes on with. */
export const prepared = (
  record: TransactionRecord,
  end: { readonly commit: boolean; readonly epoch: number; readonly nextProducerId: number; readonly now: number },
): TransactionRecord => ({
  ...record,
  phase: end.commit ? 'PrepareCommit' : 'PrepareAbort',
  previousProducerId: record.producerId,
  nextProducerId: end.nextProducerId,
  epoch: end.epoch,
  startedAtMs: record.phase === 'Ongoing' ? record.startedAtMs : end.now,
  updatedAtMs: end.now,
})

/** The record once all markers of a prepared transaction are written. */
export const completed = (record: TransactionRecord, now: number): TransactionRecord => ({
  ...record,
  phase: record.phase === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
  ...identityAfter(record),
  previousProducerId: record.producerId,
  nextProducerId: none,
  partitions: [],
  updatedAtMs: now,
})

/**
 * The record of a producer whose partitions go up to `epoch`: the later of the two counts, lest all that is written next
 * be refused as late. They differ only after a loss of power where nothing was synced. A transaction that is under way
 * keeps its epoch, since its end must not be taken for that of a later one.
 */
export const caughtUp = (record: TransactionRecord, epoch: number): TransactionRecord =>
  epoch <= record.epoch || record.phase === 'Ongoing' || isPrepared(record) ? record : { ...record, epoch }

/** With what the producer goes on after the transaction that a prepared record ends. */
export const identityAfter = ({ producerId, epoch, nextProducerId }: TransactionRecord): ProducerIdentity =>
  nextProducerId === none ? { producerId, epoch } : { producerId: nextProducerId, epoch: 0 }
