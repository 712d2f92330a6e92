/**
 * The state of one store for one task, in bytes: memory now, a disk with snapshots later.
 *
 * Keys are {@link keyText}s. What is set is the latest that a finished record wrote: whether it is committed yet is
 * the runner's business, which writes the changelog and commits it with the record.
 */
export interface StateStore {
  readonly get: (key: string) => Uint8Array | undefined
  /** `undefined` removes. The bytes are the store's from now on. */
  readonly set: (key: string, value: Uint8Array | undefined) => void
  /** How many keys there are. */
  readonly size: () => number
  /** Forgets everything; the task has gone elsewhere. */
  readonly close: () => void
}

/** Key bytes as a string, one character a byte, so that a `Map` can tell them apart. */
export const keyText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
