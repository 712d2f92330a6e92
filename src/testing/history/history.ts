import type { Position, TopicPartition } from '../../contracts/position.ts'

/**
 * What clients of an engine did and what they were answered, to be judged afterwards by {@link checkHistory}.
 * Plain data: it may have been recorded anywhere, on any engine.
 */
export interface History {
  readonly operations: readonly Operation[]
}

/** One operation of one process. */
export interface Operation {
  /** Who did it. A process does one thing after the other; what a client does side by side are several processes. */
  readonly process: string
  /** Which one of its process: later ones have higher numbers. */
  readonly index: number
  /** When it began, in milliseconds of one clock for all processes. */
  readonly invokedMs: number
  /** When it was answered, of the same clock; missing where no answer came. */
  readonly completedMs?: number
  /** `ok`: all of it happened. `failed`: nothing of it did, nor will. `unknown`: it may have happened, or may yet. */
  readonly outcome: Outcome
  readonly did: Did
}

export type Outcome = 'ok' | 'failed' | 'unknown'

/** What an operation did, as far as its process knows. */
export type Did = Send | Poll | Transaction | Assign | Subscribe | Crash

/** Records that were sent, in this order. Where the outcome is unknown, each of them may have come through alone. */
export interface Send {
  readonly _tag: 'send'
  readonly records: readonly SentRecord[]
}

/** Committed records that were polled, in the order in which they came. */
export interface Poll {
  readonly _tag: 'poll'
  readonly records: readonly PolledRecord[]
  /** Partitions that were taken away or given meanwhile: where they go on is anybody's guess. */
  readonly rebalanced?: readonly TopicPartition[]
}

/**
 * Sends and polls, in the order in which they were made; the sends happen together or not at all. The consumer of one
 * that failed goes on where it was before.
 */
export interface Transaction {
  readonly _tag: 'transaction'
  readonly steps: readonly (Send | Poll)[]
  /** What it commits as consumed. */
  readonly offsets?: readonly (Position & { readonly group: string })[]
  /** When it was told to commit; before that nobody may read what it sent. When it began, where nobody knows. */
  readonly commitMs?: number
}

/** The process polls these partitions from now on, and no others. */
export interface Assign {
  readonly _tag: 'assign'
  /** From `offset` on; without one from where the process is, or from a place that nobody noted. */
  readonly partitions: readonly (TopicPartition & { readonly offset?: number })[]
}

/** The process polls what its group leaves to it of these topics. */
export interface Subscribe {
  readonly _tag: 'subscribe'
  readonly topics: readonly string[]
}

/** The client died; who goes on under the name of its process has forgotten where it was. */
export interface Crash {
  readonly _tag: 'crash'
}

/** What tells a record from all others that are sent to its partition. `1` and `'1'` are two. */
export type Value = string | number

export interface SentRecord extends TopicPartition {
  readonly value: Value
  /** Where it was answered to lie. */
  readonly offset?: number
}

export interface PolledRecord extends Position {
  readonly value: Value
}
