import type { EngineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { ProducerIdentity, TransactionRecord } from './transaction-state.ts'

/** Takes over the transactional id (no `identity`), or asks for a new epoch for the identity that it has. */
export interface InitProducerId {
  readonly _tag: 'initProducerId'
  /** Names the request in its reply. */
  readonly request: number
  readonly timeoutMs: number
  readonly identity?: ProducerIdentity
  readonly now: number
}

/**
 * Makes partitions part of the transaction, and begins it with the first. A partition's leader asks this before it
 * appends the producer's first batch (KIP-890). Offsets of a group add the partition of `__consumer_offsets` that they go to.
 */
export interface AddPartitions extends ProducerIdentity {
  readonly _tag: 'addPartitions'
  readonly request: number
  readonly partitions: readonly TopicPartition[]
  readonly now: number
}

export interface EndTransaction extends ProducerIdentity {
  readonly _tag: 'endTransaction'
  readonly request: number
  readonly commit: boolean
  readonly now: number
}

export type TransactionRequest = InitProducerId | AddPartitions | EndTransaction

/** What happened to the coordinator's effects, and what time brings. */
export type TransactionEvent =
  | { readonly _tag: 'producerIdAllocated'; readonly producerId: number }
  | { readonly _tag: 'producerIdRefused'; readonly failure: EngineFailure }
  /** The last `persist` is durable, or as good as: nothing that follows it in the log can be without it. */
  | { readonly _tag: 'persisted' }
  /** It is not, and may or may not have been written. */
  | { readonly _tag: 'persistFailed'; readonly failure: EngineFailure }
  /** Markers lie in these partitions (a partition that is gone counts); `producerId` and `epoch` are those of the markers. */
  | ({
      readonly _tag: 'markersWritten'
      readonly partitions: readonly TopicPartition[]
      readonly now: number
    } & ProducerIdentity)
  /** A partition has seen a later coordinator, or a later epoch: somebody else coordinates this id. */
  | { readonly _tag: 'markersRefused' }
  /** Aborts a transaction that is open for longer than its timeout, and forgets an id that was idle for `idExpirationMs`. */
  | { readonly _tag: 'tick'; readonly now: number; readonly idExpirationMs: number }
  /** Whoever had the id is known to be dead: aborts an open transaction at once. */
  | { readonly _tag: 'abandoned'; readonly now: number }

export type TransactionCommand = TransactionRequest | TransactionEvent

export type TransactionReply =
  /** With what the producer goes on: after `initProducerId` and `endTransaction`. */
  | ({ readonly _tag: 'identity' } & ProducerIdentity)
  | { readonly _tag: 'added' }
  | { readonly _tag: 'refused'; readonly failure: EngineFailure }

export type TransactionEffect =
  | { readonly _tag: 'reply'; readonly request: number; readonly reply: TransactionReply }
  /** Write the record (undefined: a tombstone), then say `persisted` or `persistFailed`. One at a time. */
  | { readonly _tag: 'persist'; readonly record: TransactionRecord | undefined }
  /** Answered by `producerIdAllocated` or `producerIdRefused`. */
  | { readonly _tag: 'allocateProducerId' }
  /** Repeat each until it is written or refused. */
  | ({
      readonly _tag: 'writeMarkers'
      readonly partitions: readonly TopicPartition[]
      readonly commit: boolean
      readonly coordinatorEpoch: number
    } & ProducerIdentity)
