import type { Codec } from './codec.ts'
import type { TopicConfig } from './topic.ts'

/** Where state is kept, and how much of it. */
export interface StatePlace {
  /** What it may take for each task; see `store`. */
  readonly maxBytes?: number
  /** Where it is kept; in memory where nothing is said. */
  readonly in?: 'memory' | 'disk'
}

/** A named keyed store that a pipeline uses: the only memory between records. Made by `store(…)`; plain data. */
export interface StoreDeclaration<K, V> extends StatePlace {
  readonly name: string
  readonly key: Codec<K>
  readonly value: Codec<V>
  /** How long after it was set what a key has is there, in milliseconds; for good where nothing is said. */
  readonly expireAfterMs?: number
  /** A key has several places in it, told apart by bytes of their own: see `Carrier.store`. */
  readonly hasParts?: boolean
  /** What its changelog is created with, beside what each is. */
  readonly changelog?: TopicConfig
  /** Belongs to one operator: another declaration of its name is another store, however alike. */
  readonly isExclusive?: boolean
}

// biome-ignore lint/suspicious/noExplicitAny: a store is invariant in both, so only `any` admits every store
export type AnyStore = StoreDeclaration<any, any>

/** How long what is set stays. */
export interface SetOptions {
  /**
   * From when on it is as if it had been removed, in milliseconds since the epoch; what the declaration says where nothing is
   * said. By the clock of whoever runs the pipeline: one that is set back shows for a while what had expired and was not removed
   * yet, and one that runs ahead removes early.
   */
  readonly expiresAt?: number
}

/** One key of a store, as one attempt sees it. */
export interface StoreView<V> {
  /**
   * What the codec wrote, read afresh: changing it in place changes nothing. `undefined` where there is nothing, or what there
   * was has expired: an attempt sees all of a store at one time.
   */
  readonly get: () => V | undefined
  /** Belongs to the attempt until its record is committed. `undefined` deletes. */
  readonly set: (value: V | undefined, options?: SetOptions) => void
}
