import type { DecodeError } from '../contracts/codec.ts'
import { hasExpired, never, type StateChange, type StateStore } from '../contracts/state-store.ts'
import type { AnyStore } from '../contracts/store.ts'
import { keyHash } from '../store/key-hash.ts'
import { entryBytes } from '../store/memory-store.ts'
import { maxBytesOf, StateStoreFull } from '../store/state-store-full.ts'
import { StateUnreadable } from '../store/state-unreadable.ts'
import type { Sink } from './encoded-output.ts'
import { PendingWrites } from './pending-writes.ts'

/** One change of state by a record that is done, from then until its commit is through: for the changelog, and for those who read. */
export class StateWrite implements StateChange {
  readonly store: TaskStore
  readonly key: Uint8Array
  readonly hash: number
  readonly value: Uint8Array | undefined
  readonly expiresAt: number
  /** What of its key was pending before it, for as long as it may be taken back. */
  before: StateWrite | undefined
  /** Those that it is committed with. */
  companions: readonly StateWrite[] | undefined
  /** A later one of its key is committed with it: it is not worth writing. */
  isSuperseded = false

  constructor(
    store: TaskStore,
    change: Pick<StateChange, 'key' | 'hash' | 'value' | 'expiresAt'>,
    before: StateWrite | undefined,
  ) {
    this.store = store
    this.key = change.key
    this.hash = change.hash
    this.value = change.value
    this.expiresAt = change.expiresAt
    this.before = before
  }

  /** It is committed with `companions` from now on, behind all that are among them, and is not taken back any more. */
  joins(companions: StateWrite[]): void {
    if (this.before?.companions === companions) this.before.isSuperseded = true
    this.before = undefined
    this.companions = companions
    companions.push(this)
  }
}

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
  /** Told how many bytes of it have changed with a commit, where a copy of it is kept. */
  changed: ((bytes: number) => void) | undefined
  readonly #owner: StoreOwner
  readonly #pending = new PendingWrites<StateWrite>()
  /** Of all that is pending, as if nothing of it replaced anything. */
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

  /** What is wrong with setting `key` to so many bytes, beside all that is pending; `undefined` where there is room. */
  fullWith(key: Uint8Array, hash: number, valueBytes: number): StateStoreFull | undefined {
    const maxBytes = maxBytesOf(this.declaration)
    const added = key.length + valueBytes + entryBytes
    // as if nothing were replaced: for most that is answer enough
    if (this.state.sizeBytes() + this.#pendingBytes + added <= maxBytes) return undefined
    const held = entryBytesOf(key, this.get(key, hash, never))
    const sizeBytes = this.#exactBytes() + added - held
    return added <= held || sizeBytes <= maxBytes ? undefined : this.#full(sizeBytes)
  }

  /** What is wrong with what is committed, where that is more than may be. */
  get overfull(): StateStoreFull | undefined {
    const sizeBytes = this.state.sizeBytes()
    return sizeBytes > maxBytesOf(this.declaration) ? this.#full(sizeBytes) : undefined
  }

  /** What is wrong where `codec` does not read the `part` of `key`. */
  unreadable(part: 'key' | 'value', key: Uint8Array, error: DecodeError): StateUnreadable {
    const { pipeline } = this.#owner
    return new StateUnreadable({ store: this.declaration.name, pipeline, part, key, error })
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
    if (write.expiresAt !== never) this.#mayExpire = true
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
    if (this.state.get(key, hash, now) !== undefined || this.state.get(key, hash, never) === undefined) return undefined
    return this.write({ key, hash, value: undefined, expiresAt: never })
  }

  /** What it will take once all that is pending is committed. */
  #exactBytes(): number {
    let bytes = this.state.sizeBytes()
    for (const write of this.#pending.all())
      bytes += bytesOf(write) - entryBytesOf(write.key, this.state.get(write.key, write.hash, never))
    return bytes
  }

  #full(sizeBytes: number): StateStoreFull {
    const maxBytes = maxBytesOf(this.declaration)
    return new StateStoreFull({ ...this.#owner, store: this.declaration.name, sizeBytes, maxBytes })
  }
}

const bytesOf = (write: StateWrite | undefined): number =>
  write === undefined ? 0 : entryBytesOf(write.key, write.value)

const entryBytesOf = (key: Uint8Array, value: Uint8Array | undefined): number =>
  value === undefined ? 0 : key.length + value.length + entryBytes
