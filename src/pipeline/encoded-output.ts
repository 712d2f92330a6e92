import type { CompressionName } from '../contracts/topic.ts'
import { InvalidOutput, OutputTooLarge } from './attempt-errors.ts'

/** A topic that a run writes to. */
export interface Sink {
  readonly topic: string
  /** What a batch of one record may take there: its `max.message.bytes`. */
  readonly recordBytesMax: number
  /** Whether every record needs a key there; none does where nothing is said. */
  readonly isCompacted?: boolean
  /** 1 where nothing is said. */
  readonly partitions?: number
  /** Whether each task writes to the partition of its own number, whatever the key. */
  readonly isByTask?: boolean
  /** `none` where nothing is said. */
  readonly compression?: CompressionName
}

/** One output, ready to be written. Its partition is chosen when it is: by key, else the task's own. */
export interface EncodedOutput {
  readonly sink: Sink
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: ReadonlyMap<string, Uint8Array>
  readonly timestamp: number
}

/**
 * Why an output to a topic, which takes `sizeBytes` in a batch of its own, cannot be written there by record `of`;
 * `undefined` where it can.
 */
export const misfit = (
  { topic, recordBytesMax: maxBytes, isCompacted }: Sink,
  key: Uint8Array | null,
  sizeBytes: number,
  of: { readonly recordId: string },
): InvalidOutput | OutputTooLarge | undefined => {
  if (sizeBytes > maxBytes) return new OutputTooLarge({ topic, recordId: of.recordId, sizeBytes, maxBytes })
  if (key === null && isCompacted === true) return new InvalidOutput({ topic, recordId: of.recordId, fault: noKey })
  return undefined
}

const noKey = 'has no key, and the topic is compacted by key: give it one'
