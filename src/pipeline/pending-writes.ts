import { sameBytes } from '../codec/same-bytes.ts'

const slotsMin = 16

/** What is found by its key. */
interface Keyed {
  readonly key: Uint8Array
  readonly hash: number
}

/** The last write of each key that is not committed yet: open addressing, by the keys' hashes. */
export class PendingWrites<W extends Keyed> {
  #slots: (W | undefined)[] = emptySlots(slotsMin)
  #count = 0

  find(key: Uint8Array, hash: number): W | undefined {
    return this.#count === 0 ? undefined : this.#slots[this.#slotOf(key, hash)]
  }

  all(): readonly W[] {
    return this.#slots.filter((write) => write !== undefined)
  }

  /** Puts `write` in the place of what its key has. */
  put(write: W): void {
    if (this.#count * 2 >= this.#slots.length) this.#resize(this.#slots.length * 2)
    const slot = this.#slotOf(write.key, write.hash)
    if (this.#slots[slot] === undefined) this.#count += 1
    this.#slots[slot] = write
  }

  /** Removes `write`, where it is still the last of its key; answers whether it was. */
  remove(write: W): boolean {
    const slots = this.#slots
    const mask = slots.length - 1
    let hole = this.#slotOf(write.key, write.hash)
    if (slots[hole] !== write) return false
    for (let at = (hole + 1) & mask; slots[at] !== undefined; at = (at + 1) & mask) {
      const one = slots[at] as W
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
      if (write === undefined || (write.hash === hash && sameBytes(write.key, key))) return slot
    }
  }

  #resize(length: number): void {
    const writes = this.#slots
    this.#slots = emptySlots(length)
    for (const write of writes) if (write !== undefined) this.#slots[this.#slotOf(write.key, write.hash)] = write
  }
}

const emptySlots = (length: number): undefined[] => Array.from({ length }, () => undefined)

/** What is larger is left to the collector once it is empty. */
const slotsKept = 64 * 1024
