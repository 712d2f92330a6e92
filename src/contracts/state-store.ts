/** One change of a store. Its bytes stay as they are until the store has made it. */
export interface StateChange {
  readonly key: Uint8Array
  /** The `keyHash` of {@link key}: whoever has it spares the store the work. */
  readonly hash: number
  /** `undefined` removes. */
  readonly value: Uint8Array | undefined
  /** From when on it is as if removed, in milliseconds since the epoch; {@link never} where it stays. */
  readonly expiresAt: number
}

/** What never expires. */
export const never = 0

/** Whether what expires at `expiresAt` has expired at `now`. */
export const hasExpired = (expiresAt: number, now: number): boolean => expiresAt !== never && expiresAt <= now

/** One key of a store with what it has. */
export interface StateEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly expiresAt: number
}

/**
 * The committed state of one store for one task, in bytes. What is not committed yet lies with the runner, above it.
 *
 * Whoever writes one runs `test/store/state-store-laws.ts` against it.
 */
export interface StateStore {
  /** What `key` has that has not expired at `now`. The bytes are valid until the store changes. */
  readonly get: (key: Uint8Array, hash: number, now: number) => Uint8Array | undefined
  /**
   * Makes `changes`, all or none, in their order; it stands at `position` of its changelog from then on (where it stood before,
   * where nothing is said): whatever was committed there before is in it. Without changes it looks after itself, and wants to be
   * called now and then. Answers a promise where that takes its time, and rejects with what went wrong.
   */
  readonly commit: (changes: readonly StateChange[], position: number | undefined) => Promise<void> | undefined
  /** Keys of which what is there has expired at `now`, at most `limit` of them; called again, it goes on where it ended. */
  readonly expired: (now: number, limit: number) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>
  /**
   * All that is there, expired or not, in no order, copied, some at a time. What is there from the first to the last of them is
   * among it once; what changes meanwhile may be.
   */
  readonly entries: () => AsyncIterable<readonly StateEntry[]>
  /** How many keys it has, expired ones too; `undefined` where nobody counts them. */
  readonly size: () => number | undefined
  /** What they take of memory, about: keys, values, and what finds them. */
  readonly sizeBytes: () => number
  /** Whether any of them may expire. */
  readonly mayExpire: () => boolean
  /** The task has gone elsewhere: nothing is asked of it any more. Answers a promise where that takes its time. */
  readonly close: () => Promise<void> | void
}

/** Key bytes as a string, one character a byte: a `Map` can tell them apart. */
export const keyText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
