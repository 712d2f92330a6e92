import type { Codec } from './codec.ts'

/** A named keyed store that a pipeline uses: the only memory between records. Made by `store(…)`; plain data. */
export interface StoreDeclaration<K, V> {
  readonly name: string
  readonly key: Codec<K>
  readonly value: Codec<V>
}

// biome-ignore lint/suspicious/noExplicitAny: a store is invariant in both, so only `any` admits every store
export type AnyStore = StoreDeclaration<any, any>

/** One key of a store, as one attempt sees it. */
export interface StoreView<V> {
  /** What the codec wrote, read afresh: changing it in place changes nothing. `undefined` where there is nothing. */
  readonly get: () => V | undefined
  /** Belongs to the attempt until its record is committed. `undefined` deletes. */
  readonly set: (value: V | undefined) => void
}
