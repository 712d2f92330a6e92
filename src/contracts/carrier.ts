import type { StoreDeclaration, StoreView } from './store.ts'
import { type AnyRecord, task } from './stream-record.ts'
import type { AnyTopic } from './topic.ts'

/** What an operator hands over to be written with the attempt: what a record has of it, not yet encoded. */
export type Written = Pick<AnyRecord, 'key' | 'value' | 'headers' | 'timestamp'>

/**
 * One attempt at one record, as operators see it: what they write through it is committed with the record,
 * or dropped with it. Found on the record itself ({@link Carrier.of}), so that it is the right one wherever
 * an operator is subscribed.
 *
 * Made by the runner for each attempt and closed at its end; its brand does not survive a deep clone.
 */
export abstract class Carrier {
  readonly #brand = true

  /** The carrier of `record`, or `undefined` where it has none: built by hand, cloned, or only read. */
  static of(record: AnyRecord): Carrier | undefined {
    // a pipeline without types may have made anything of it
    const carrier: unknown = (record as AnyRecord | null | undefined)?.[task]
    return typeof carrier === 'object' && carrier !== null && #brand in carrier && carrier.#brand
      ? (carrier as Carrier)
      : undefined
  }

  /** Gathers an output to `topic`; encodes it now, so that a value that does not fit fails this attempt, here. */
  abstract emit(topic: AnyTopic, written: Written): void
  /**
   * The store as this attempt sees it, for `record`'s key, which must be the key that the task let in; `part` says which of the
   * key's places, in a store that has several.
   */
  abstract store<K, V>(declaration: StoreDeclaration<K, V>, record: AnyRecord, part?: Uint8Array): StoreView<V>
  /** A name that nothing else has, and the next attempt at this record gives anew, in the same order. */
  abstract unique(): string
  /** Milliseconds since the epoch. */
  abstract now(): number
  /** Aborts when the attempt is given up. */
  abstract readonly signal: AbortSignal
}
