/** The key under which a record carries the attempt it belongs to. A symbol, so that `{ ...record }` copies it. */
export const task: unique symbol = Symbol('millrace.task')

/**
 * One record of a topic, as a pipeline sees it.
 *
 * Always a plain object with own properties: `{ ...record, value }` is how to change one, and keeps
 * the task that its outputs belong to.
 */
export interface StreamRecord<K, V> {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** `topic-partition-offset`: the same at every attempt, so pass it on as idempotency key. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly headers: ReadonlyMap<string, Uint8Array>
  readonly key: K
  readonly value: V
  /** The attempt it belongs to (`Carrier.of` reads it); `undefined` on records that were only read. */
  readonly [task]: unknown
}

/** Any record. */
export type AnyRecord = StreamRecord<unknown, unknown>
