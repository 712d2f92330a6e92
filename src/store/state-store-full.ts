import type { AnyStore } from '../contracts/store.ts'

/** A store in memory may take so many bytes for each task where nothing is said. */
const maxBytesDefault = 1024 ** 3

/** What `store` may take for each task. */
export const maxBytesOf = ({ maxBytes = maxBytesDefault }: AnyStore): number => maxBytes

/**
 * A store has no room for what a record sets, or for what its changelog holds. The record waits with all behind it, whatever
 * `onError` says: left out, its change would be lost.
 */
export class StateStoreFull extends Error {
  readonly _tag = 'StateStoreFull'
  override readonly name = 'StateStoreFull'
  readonly store: string
  readonly pipeline: string
  readonly task: number
  readonly sizeBytes: number
  readonly maxBytes: number
  constructor(o: { store: string; pipeline: string; task: number; sizeBytes: number; maxBytes: number }) {
    super(
      `store '${o.store}' of pipeline '${o.pipeline}' would take ${o.sizeBytes} bytes for task ${o.task}, and its bound is ${o.maxBytes}: ` +
        `raise maxBytes where it is declared, keep it on disk there, { …, in: 'disk' }, let keys expire, or spread them over more tasks`,
    )
    this.store = o.store
    this.pipeline = o.pipeline
    this.task = o.task
    this.sizeBytes = o.sizeBytes
    this.maxBytes = o.maxBytes
  }
}
