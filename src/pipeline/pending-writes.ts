import type { StateChange } from '../contracts/state-store.ts'
import type { TaskStore } from './task-store.ts'

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

const slotsMin = 16

/** The last write of each key that is not committed yet: open addressing, by the keys' hashes. */
export class PendingWrites {
  #slots: (StateWrite | undefined)[] = new Array(slotsMin).fill(undefined)
  #count = 0

  find(key: Uint8Array, hash: number): StateWrite | undefined {
    return this.#count === 0 ? undefined : this.#slots[this.#slotOf(key, hash)]
  }

  all(): readonly StateWrite[] {
    return this.#slots.filter((write) => write !== undefined)
  }

  /** Puts `write` in the place of what its key has. */
  put(write: StateWrite): void {
    if (this.#count * 2 >= this.#slots.length) this.#resize(this.#slots.length * 2)
    const slot = this.#slotOf(write.key, write.hash)
    if (this.#slots[slot] === undefined) this.#count += 1
    this.#slots[slot] = write
  }

  /** Removes `write`, where it is still the last of its key; answers whether it was. */
  remove(write: StateWrite): boolean {
    const slots = this.#slots
    const mask = slots.length - 1
    let hole = this.#slotOf(write.key, write.hash)
    if (slots[hole] !== write) return false
    for (let at = (hole + 1) & mask; slots[at] !== undefined; at = (at + 1) & mask) {
      const one = slots[at] as StateWrite
      // it may move where that is not before its home
      if (((at - one.hash) & mask) < ((at - hole) & mask)) continue
      slots[hole] = one
      hole = at
    }
    slots[hole] = undefined
    this.#count -= 1
    if (this.#count === 0 && slots.length > slotsKept) this.#resize(slotsMin)
    return true
  }

  #slotOf(key: Uint8Array, hash: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const write = slots[slot]
      if (write === undefined || (write.hash === hash && isEqual(write.key, key))) return slot
    }
  }

  #resize(length: number): void {
    const writes = this.#slots
    this.#slots = new Array(length).fill(undefined)
    for (const write of writes) if (write !== undefined) this.#slots[this.#slotOf(write.key, write.hash)] = write
  }
}

/** What is larger is left to the collector once it is empty. */
const slotsKept = 64 * 1024

export const isEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
