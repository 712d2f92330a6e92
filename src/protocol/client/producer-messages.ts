import type { EngineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { GivenIdentity } from './transaction.ts'

export interface ProducerOptions {
  /** Identities are handed in, one a transaction, and a failure is the end of that transaction. */
  readonly transactional: boolean
  /** Batches of one partition that wait for an answer: no more than a broker remembers (5). */
  readonly maxInFlight: number
  /** How long a batch is tried before its ticket is answered `timed-out`. */
  readonly deliveryTimeoutMs: number
  /** How long an answer may take before it counts as lost. */
  readonly requestTimeoutMs: number
  /** First wait before something that failed is tried again; doubles up to `maxBackoffMs`. */
  readonly backoffMs: number
  readonly maxBackoffMs: number
  /** How long after it was first sent a batch may be sent again: less than brokers remember a silent producer (a day). */
  readonly resumeMs: number
  /** What may wait here, in bytes: see `hasRoom`. */
  readonly bufferBytes: number
  /** Partitions whose sequence is remembered while nothing of them is under way. */
  readonly maxPartitions: number
  /** With which each epoch begins: 0 where nothing is said, and wherever brokers are not told otherwise. */
  readonly firstSequence?: number
}

/** What came of sending a batch once. No answer at all is a refusal that is `indeterminate`. */
export type AppendAnswer =
  | { readonly _tag: 'appended'; readonly offset: number; readonly timestamp: number }
  | {
      readonly _tag: 'refused'
      readonly failure: EngineFailure
      /** With `out-of-order-sequence`: the partition knows nothing of this producer. */
      readonly unknownProducer?: boolean
    }

export interface AppendCommand {
  readonly _tag: 'append'
  readonly now: number
  /** Names the batch from here to its answer, and beyond when that answer is `unsure`. */
  readonly ticket: number
  readonly partition: TopicPartition
  readonly records: number
  readonly bytes: number
  /** The same batch under the same ticket as before, after an answer that was `unsure`. */
  readonly again: boolean
}

export interface AnswerCommand {
  readonly _tag: 'answer'
  readonly now: number
  readonly partition: TopicPartition
  readonly ticket: number
  readonly attempt: number
  readonly answer: AppendAnswer
}

export type ProducerCommand =
  | AppendCommand
  /** Late ones and repeated ones are welcome. */
  | AnswerCommand
  | ({ readonly _tag: 'identified'; readonly now: number } & GivenIdentity)
  | { readonly _tag: 'identityFailed'; readonly now: number; readonly failure: EngineFailure }
  /** A transaction begins: what is left of the last is answered, and each partition counts from 0. */
  | { readonly _tag: 'begin'; readonly now: number; readonly identity: GivenIdentity }
  /** The transaction is given up: everything under way is answered, and nothing more of it is sent. */
  | { readonly _tag: 'abort'; readonly now: number }
  /** Takes no more; what is under way may finish until `until`. */
  | { readonly _tag: 'close'; readonly now: number; readonly until: number }
  /** Time has passed: see `producerDeadline`. */
  | { readonly _tag: 'tick'; readonly now: number }

/** A batch as it is to be sealed: the same each time it is sent, until its sequence is given back. */
export interface NumberedBatch extends GivenIdentity {
  readonly ticket: number
  readonly baseSequence: number
  /** Counts how often the batch was sent before. */
  readonly attempt: number
}

/**
 * - `appended`: it lies there, once.
 * - `failed`: unless `unsure`, nothing of it is in the log, nor ever will be by this ticket. If `unsure`, the same batch
 *   has to come under the same ticket again.
 */
export type TicketAnswer =
  | { readonly _tag: 'appended'; readonly offset: number; readonly timestamp: number }
  | { readonly _tag: 'failed'; readonly failure: EngineFailure; readonly unsure: boolean }

export type ProducerEffect =
  /** Ask for a producer id that nobody has had. */
  | { readonly _tag: 'initProducerId'; readonly attempt: number }
  /** To the partition's leader, each in a request of its own, in this order. */
  | { readonly _tag: 'send'; readonly partition: TopicPartition; readonly batches: readonly NumberedBatch[] }
  /** The partition may have another leader by now. */
  | { readonly _tag: 'refreshMetadata'; readonly partition: TopicPartition }
  /** Its bytes are not needed any longer, unless the answer is `unsure`: see `release`. */
  | { readonly _tag: 'reply'; readonly ticket: number; readonly answer: TicketAnswer }
  /** After an answer that was `unsure`: the bytes will not be asked for, unless they are offered again. */
  | { readonly _tag: 'release'; readonly ticket: number }
  /** The last effect: everything is answered. */
  | { readonly _tag: 'closed' }
