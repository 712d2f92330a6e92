import { hasExpired, type StateChange, type StateStore } from '../contracts/state-store.ts'
import type { AnyStore } from '../contracts/store.ts'
import { keyHash } from '../store/key-hash.ts'
import { entryBytes } from '../store/memory-store.ts'
import { maxBytesOf, StateStoreFull } from '../store/state-store-full.ts'
import type { Sink } from './encoded-output.ts'
import { PendingWrites, StateWrite } from './pending-writes.ts'

/** Whose store it is. */
export interface StoreOwner {
  readonly pipeline: string
  readonly task: number
}

/**
 * A store of one task: its declaration, where its changes are written, what is committed, and above it what finished records
 * have set and no commit has taken through yet.
 */
export class TaskStore {
  readonly declaration: AnyStore
  readonly changelog: Sink
  /** What is committed. */
  readonly state: StateStore
  readonly #owner: StoreOwner
  readonly #pending = new PendingWrites()
  #pendingBytes = 0
  #mayExpire = false

  constructor(o: {
    readonly declaration: AnyStore
    readonly changelog: Sink
    readonly state: StateStore
    readonly owner: StoreOwner
  }) {
    this.declaration = o.declaration
    this.changelog = o.changelog
    this.state = o.state
    this.#owner = o.owner
  }

  /** What is wrong with so many bytes more, of what is not committed too; `undefined` where there is room. */
  fullWith(bytes: number): StateStoreFull | undefined {
    const maxBytes = maxBytesOf(this.declaration)
    const sizeBytes = this.state.sizeBytes() + this.#pendingBytes + bytes + entryBytes
    if (sizeBytes <= maxBytes) return undefined
    return new StateStoreFull({ ...this.#owner, store: this.declaration.name, sizeBytes, maxBytes })
  }

  /** Whether it matters what time it is. */
  get mayExpire(): boolean {
    return this.#mayExpire || this.state.mayExpire()
  }

  /** What finished records have left of `key`, at the time `now`. */
  get(key: Uint8Array, hash: number, now: number): Uint8Array | undefined {
    const write = this.#pending.find(key, hash)
    if (write === undefined) return this.state.get(key, hash, now)
    return hasExpired(write.expiresAt, now) ? undefined : write.value
  }

  /** A finished record has made `change`. */
  write(change: Pick<StateChange, 'key' | 'hash' | 'value' | 'expiresAt'>): StateWrite {
    const write = new StateWrite(this, change, this.#pending.find(change.key, change.hash))
    this.#pending.put(write)
    this.#pendingBytes += bytesOf(write) - bytesOf(write.before)
    if (write.expiresAt !== 0) this.#mayExpire = true
    return write
  }

  /** Takes back what was written last. */
  undo(write: StateWrite): void {
    this.#pendingBytes += bytesOf(write.before) - bytesOf(write)
    if (write.before === undefined) this.#pending.remove(write)
    else this.#pending.put(write.before)
  }

  /** `write` is committed, and in the state. */
  committed(write: StateWrite): void {
    if (this.#pending.remove(write)) this.#pendingBytes -= bytesOf(write)
  }

  /** Removes `key`, where what it has is committed and has expired by `now`. */
  removeExpired(key: Uint8Array, now: number): StateWrite | undefined {
    const hash = keyHash(key)
    if (this.#pending.find(key, hash) !== undefined) return undefined
    if (this.state.get(key, hash, now) !== undefined || this.state.get(key, hash, 0) === undefined) return undefined
    return this.write({ key, hash, value: undefined, expiresAt: 0 })
  }
}

const bytesOf = (write: StateWrite | undefined): number =>
  write === undefined ? 0 : write.key.length + (write.value?.length ?? 0)
