/** Of a slot that is empty; others have an address and one. */
const empty = 0
const bitsMin = 4
const { imul } = Math

/** Whose key is asked for: whether the block at `address` has it. */
export interface KeyTest {
  readonly isKey: (address: number, key: Uint8Array) => boolean
}

/**
 * Where blocks are, by the hash of their keys: open addressing in typed arrays, 8 to 22 bytes an entry, and as many again
 * once some of them expire.
 *
 * A slot's place goes by the upper bits of the hash, spread, so that the slots lie in the order of their hashes, nearly: a walk over a
 * range of hashes ({@link walk}) meets the same entries however large the table is by then.
 */
export class SlotTable {
  readonly #spread: number
  #bits = bitsMin
  #hashes = new Int32Array(2 ** bitsMin)
  #addresses = new Int32Array(2 ** bitsMin)
  #expiries: Float64Array | undefined
  #count = 0

  /**
   * `spread`: an odd number that hashes are multiplied with, a table's own. Of two tables with one the entries of the one in the order
   * in which it hands them out would fall into the other side by side, each behind all before it.
   */
  constructor(spread = 1) {
    this.#spread = spread
  }

  get count(): number {
    return this.#count
  }

  /** Whether any has an expiry. */
  get mayExpire(): boolean {
    return this.#expiries !== undefined
  }

  get heldBytes(): number {
    return 2 ** this.#bits * (this.#expiries === undefined ? 8 : 16)
  }

  /** The slot of `key`, or -1. */
  find(key: Uint8Array, hash: number, blocks: KeyTest): number {
    const addresses = this.#addresses
    const hashes = this.#hashes
    const mask = addresses.length - 1
    for (let slot = this.#home(hash); ; slot = (slot + 1) & mask) {
      const held = addresses[slot] as number
      if (held === empty) return -1
      if (hashes[slot] === hash && blocks.isKey(held - 1, key)) return slot
    }
  }

  address(slot: number): number {
    return (this.#addresses[slot] as number) - 1
  }

  expiresAt(slot: number): number {
    return this.#expiries === undefined ? 0 : (this.#expiries[slot] as number)
  }

  /** Points an occupied slot elsewhere. */
  set(slot: number, address: number, expiresAt: number): void {
    this.#addresses[slot] = address + 1
    if (expiresAt !== 0) this.#withExpiries()[slot] = expiresAt
    else if (this.#expiries !== undefined) this.#expiries[slot] = 0
  }

  /** Adds what is not there. */
  insert(hash: number, address: number, expiresAt: number): void {
    if (this.#count >= this.#addresses.length * 0.75) this.#resize(this.#bits + 1)
    this.#count += 1
    this.#put(hash, address + 1, expiresAt)
  }

  /** The block at `from` lies at `to` by now. */
  move(hash: number, from: number, to: number): void {
    const mask = this.#addresses.length - 1
    let slot = this.#home(hash)
    while (this.#addresses[slot] !== from + 1) slot = (slot + 1) & mask
    this.#addresses[slot] = to + 1
  }

  /** Empties a slot; others move up to where they are found. */
  remove(slot: number): void {
    const addresses = this.#addresses
    const hashes = this.#hashes
    const mask = addresses.length - 1
    let hole = slot
    for (let at = (slot + 1) & mask; addresses[at] !== empty; at = (at + 1) & mask) {
      const home = this.#home(hashes[at] as number)
      // it may move where that is not before its home
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      addresses[hole] = addresses[at] as number
      hashes[hole] = hashes[at] as number
      if (this.#expiries !== undefined) this.#expiries[hole] = this.#expiries[at] as number
      hole = at
    }
    addresses[hole] = empty
    this.#count -= 1
  }

  /** Makes room for so many, before they come. */
  reserve(count: number): void {
    let bits = this.#bits
    while (count > 2 ** bits * 0.75) bits += 1
    if (bits > this.#bits) this.#resize(bits)
  }

  /** Takes no more room than what is there needs. */
  shrink(): void {
    let bits = this.#bits
    while (bits > bitsMin && this.#count < 2 ** bits / 8) bits -= 1
    if (bits < this.#bits) this.#resize(bits)
    if (this.#count === 0) this.#expiries = undefined
  }

  /**
   * Visits the slots whose hashes, spread and unsigned, lie from `from` on, some `slots` of them; answers where to go on, and
   * {@link hashEnd} at the end. `visit` changes nothing.
   */
  walk(from: number, slots: number, visit: (slot: number) => void): number {
    const addresses = this.#addresses
    const mask = addresses.length - 1
    const width = 2 ** (32 - this.#bits)
    const first = Math.floor(from / width)
    const last = Math.min(first + slots, addresses.length)
    const end = last * width
    // behind the last of them lie those that found their place taken, and behind the table's end at its beginning
    for (let at = first; at < last || addresses[at & mask] !== empty; at++) {
      const slot = at & mask
      if (addresses[slot] === empty) continue
      const place = imul(this.#hashes[slot] as number, this.#spread) >>> 0
      if (place < from || place >= end) continue
      const isOver = place >>> (32 - this.#bits) > slot
      if (isOver === at > mask) visit(slot)
    }
    return end
  }

  clear(): void {
    this.#bits = bitsMin
    this.#hashes = new Int32Array(2 ** bitsMin)
    this.#addresses = new Int32Array(2 ** bitsMin)
    this.#expiries = undefined
    this.#count = 0
  }

  #home(hash: number): number {
    return imul(hash, this.#spread) >>> (32 - this.#bits)
  }

  #put(hash: number, held: number, expiresAt: number): void {
    const addresses = this.#addresses
    const mask = addresses.length - 1
    let slot = this.#home(hash)
    while (addresses[slot] !== empty) slot = (slot + 1) & mask
    addresses[slot] = held
    this.#hashes[slot] = hash
    if (expiresAt !== 0) this.#withExpiries()[slot] = expiresAt
    else if (this.#expiries !== undefined) this.#expiries[slot] = 0
  }

  #withExpiries(): Float64Array {
    this.#expiries ??= new Float64Array(this.#addresses.length)
    return this.#expiries
  }

  #resize(bits: number): void {
    const [hashes, addresses, expiries] = [this.#hashes, this.#addresses, this.#expiries]
    this.#bits = bits
    this.#hashes = new Int32Array(2 ** bits)
    this.#addresses = new Int32Array(2 ** bits)
    if (expiries !== undefined) this.#expiries = new Float64Array(2 ** bits)
    for (let slot = 0; slot < addresses.length; slot++) {
      const held = addresses[slot] as number
      if (held !== empty)
        this.#put(hashes[slot] as number, held, expiries === undefined ? 0 : (expiries[slot] as number))
    }
  }
}

/** Beyond all hashes. */
export const hashEnd: number = 2 ** 32
