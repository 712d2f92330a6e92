import type { ProducerEntry } from '../protocol/broker/producer-state.ts'
import type { AbortedTransaction } from '../protocol/broker/stable-offset.ts'

/** A batch that has its place in the log, and what it did to its producer. */
export interface StagedBatch {
  readonly _tag: 'batch'
  readonly bytes: Uint8Array
  readonly baseOffset: number
  readonly lastOffset: number
  readonly appendMs: number
  readonly producer: ProducerEntry | undefined
  readonly aborted: AbortedTransaction | undefined
}

/** The log shall start at `offset`: records before it are deleted. */
export interface StagedStart {
  readonly _tag: 'start'
  readonly offset: number
}

/** What waits to be applied, in order. */
export type StagedEntry = StagedBatch | StagedStart
