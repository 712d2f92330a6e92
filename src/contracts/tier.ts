import type { FieldsInPlace } from './fields-in-place.ts'
import type { AnyTopic } from './topic.ts'

/** What of a record says when it is due. */
export interface Waiting {
  readonly timestamp: number
  readonly headers: ReadonlyMap<string, Uint8Array>
  /** The same and the rest where they lie, where that is known. */
  readonly inPlace?: FieldsInPlace
}

/**
 * A topic of a pipeline's own, beside those that it reads: its records wait there until they are due, and then enter
 * their task as any other record does.
 *
 * It has a partition for each task, which only that task writes; nothing of it expires, and what was committed is
 * deleted. The run creates it.
 */
export interface Tier {
  readonly topic: AnyTopic
  /**
   * - `due`: records lie in the order in which they are due, as where all wait equally long: the first is waited for
   * - `mixed`: they lie as they came; an index of them is kept, and each is read again when it is due
   */
  readonly order: 'due' | 'mixed'
  /** Milliseconds since the epoch. */
  readonly dueAt: (record: Waiting) => number
  /** Its records go on to another tier, where they wait for a time that may be anywhere behind that. */
  readonly goesOn?: boolean
}

/** For tiers whose records are not to enter before what was committed to the pipeline's topics until they were due. */
export interface Barrier {
  /**
   * Whether a record that is due by `nowMs` was written to a tier by `task`, and may still be on its way: all that were
   * written until now are taken, to be waited for.
   */
  readonly takeOverdue: (task: number, nowMs: number) => boolean
}
