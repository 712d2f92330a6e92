import type { EngineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { AbortedTransaction } from '../../protocol/broker/stable-offset.ts'

/** What a leader answers of one partition. */
export interface FetchedPartition extends TopicPartition {
  /** As they lie in the log. */
  readonly batches: readonly Uint8Array[]
  readonly startOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  /** Transactions that were aborted among what was asked for: more may be named than are in it. */
  readonly aborted: readonly AbortedTransaction[]
  readonly failure?: EngineFailure
}

/** What is answered of a partition of which nothing is known but why. */
export const unreadable = ({ topic, partition }: TopicPartition, failure: EngineFailure): FetchedPartition => ({
  topic,
  partition,
  batches: [],
  startOffset: -1,
  highWatermark: -1,
  lastStableOffset: -1,
  aborted: [],
  failure,
})
