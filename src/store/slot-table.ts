/** Of a slot that is empty; others have an address and one. */
const empty = 0
const bitsMin = 4
/** How many slots share a note of what expires first: 2 to the power of it. */
const stretchBits = 8
const { imul } = Math

/** Whose key is asked for: whether the block at `address` has it. */
export interface KeyTest {
  readonly isKey: (address: number, key: Uint8Array) => boolean
}

/**
 * Where blocks are, by the hash of their keys: open addressing in typed arrays, 8 to 22 bytes an entry, and as many again
 * once some of them expire. Of each stretch of slots it is noted when the first of them expires, so that what has expired is found
 * without looking at the others.
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
  /** By stretches, as entries have their homes there: nothing of it expires before. Together with {@link #expiries}. */
  #earliest = new Float64Array(0)
  /** Nothing expires before. */
  #first = Number.POSITIVE_INFINITY
  /** The stretch at which the next look for what has expired begins. */
  #lookedTo = 0
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
    if (expiresAt !== 0) this.#expires(slot, this.#hashes[slot] as number, expiresAt)
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
    if (this.#count === 0) this.#forget()
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

  /**
   * Visits slots that have expired at `now`, until `isEnough` says so, or {@link slotsPerLook} were looked at; the next look goes on where
   * it ended. Costs what has expired does: whatever else is there is passed by. `visit` changes nothing.
   */
  expired(now: number, isEnough: () => boolean, visit: (slot: number) => void): void {
    if (this.#first > now) return
    const earliest = this.#earliest
    const stretches = earliest.length
    const perStretch = this.#addresses.length / stretches
    let slotsLeft = slotsPerLook
    for (let passed = 0; passed < stretches; passed++) {
      const stretch = this.#lookedTo
      if ((earliest[stretch] as number) <= now) {
        if (slotsLeft <= 0 || isEnough()) return
        slotsLeft -= perStretch
        earliest[stretch] = this.#lookAt(stretch, perStretch, now, visit)
      }
      this.#lookedTo = stretch + 1 === stretches ? 0 : stretch + 1
    }
    this.#first = earliest.reduce((first, one) => (one < first ? one : first), Number.POSITIVE_INFINITY)
  }

  /** Answers when the first of a stretch expires, or has expired. */
  #lookAt(stretch: number, slots: number, now: number, visit: (slot: number) => void): number {
    const expiries = this.#expiries as Float64Array
    let first = Number.POSITIVE_INFINITY
    this.walk((stretch * slots * hashEnd) / this.#addresses.length, slots, (slot) => {
      const expiresAt = expiries[slot] as number
      if (expiresAt === 0) return
      if (expiresAt < first) first = expiresAt
      if (expiresAt <= now) visit(slot)
    })
    return first
  }

  clear(): void {
    this.#bits = bitsMin
    this.#hashes = new Int32Array(2 ** bitsMin)
    this.#addresses = new Int32Array(2 ** bitsMin)
    this.#forget()
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
    if (expiresAt !== 0) this.#expires(slot, hash, expiresAt)
    else if (this.#expiries !== undefined) this.#expiries[slot] = 0
  }

  #expires(slot: number, hash: number, expiresAt: number): void {
    const expiries = this.#expiries ?? this.#begin()
    expiries[slot] = expiresAt
    const stretch = this.#home(hash) >>> stretchBits
    if (expiresAt < (this.#earliest[stretch] as number)) this.#earliest[stretch] = expiresAt
    if (expiresAt < this.#first) this.#first = expiresAt
  }

  /** Nothing that is there expires. */
  #forget(): void {
    this.#expiries = undefined
    this.#earliest = new Float64Array(0)
    this.#first = Number.POSITIVE_INFINITY
  }

  #begin(): Float64Array {
    const expiries = new Float64Array(this.#addresses.length)
    this.#expiries = expiries
    this.#earliest = new Float64Array(Math.max(1, this.#addresses.length >>> stretchBits)).fill(
      Number.POSITIVE_INFINITY,
    )
    this.#first = Number.POSITIVE_INFINITY
    this.#lookedTo = 0
    return expiries
  }

  #resize(bits: number): void {
    const [hashes, addresses, expiries] = [this.#hashes, this.#addresses, this.#expiries]
    this.#bits = bits
    this.#hashes = new Int32Array(2 ** bits)
    this.#addresses = new Int32Array(2 ** bits)
    if (expiries !== undefined) this.#begin()
    for (let slot = 0; slot < addresses.length; slot++) {
      const held = addresses[slot] as number
      if (held !== empty)
        this.#put(hashes[slot] as number, held, expiries === undefined ? 0 : (expiries[slot] as number))
    }
  }
}

/** How many slots one look for what has expired passes by at most: some 100 microseconds. */
const slotsPerLook = 64 * 1024

/** Beyond all hashes. */
export const hashEnd: number = 2 ** 32
