/**
 * Which records of a tier wait, and which of them is due next, where they lie in any order: sixteen bytes each beside
 * their offsets, whatever they hold.
 *
 * Offsets are added in ascending order. Those that are due at once come out in the order of their offsets.
 */
export class DueIndex {
  /** A heap: when the record is due, and which it is, by the count of all that were added. */
  #due = new Float64Array(firstRoom)
  #which = new Float64Array(firstRoom)
  #size = 0
  /** Of all since some count, which is where these begin. */
  #offsets = new Float64Array(firstRoom)
  #isGone = new Uint8Array(firstRoom)
  #base = 0
  #count = 0
  /** The first of them that waits. */
  #lowest = 0

  /** How many wait. */
  get size(): number {
    return this.#size
  }

  /** When the next one is due; `undefined` where none waits. */
  get nextDue(): number | undefined {
    return this.#size === 0 ? undefined : this.#due[0]
  }

  /** The lowest offset that waits; `undefined` where none does. */
  get lowest(): number | undefined {
    return this.#size === 0 ? undefined : this.#offsets[this.#lowest]
  }

  add(dueMs: number, offset: number): void {
    if (this.#count === this.#offsets.length) {
      this.#offsets = grown(this.#offsets)
      this.#isGone = grownBytes(this.#isGone)
    }
    if (this.#size === this.#due.length) {
      this.#due = grown(this.#due)
      this.#which = grown(this.#which)
    }
    this.#offsets[this.#count] = offset
    this.#isGone[this.#count] = 0
    const which = this.#base + this.#count
    this.#count += 1
    this.#size += 1
    this.#rise(this.#size - 1, dueMs, which)
  }

  /** Takes out the next one, and answers its offset. There has to be one. */
  take(): number {
    const at = (this.#which[0] as number) - this.#base
    const offset = this.#offsets[at] as number
    this.#isGone[at] = 1
    this.#size -= 1
    if (this.#size > 0) this.#sink(this.#due[this.#size] as number, this.#which[this.#size] as number)
    if (at === this.#lowest) this.#passGone()
    return offset
  }

  /** Passes those that are gone, and lets go of them now and then. */
  #passGone(): void {
    while (this.#lowest < this.#count && this.#isGone[this.#lowest] === 1) this.#lowest += 1
    if (2 * this.#lowest < this.#offsets.length) return
    this.#offsets.copyWithin(0, this.#lowest, this.#count)
    this.#isGone.copyWithin(0, this.#lowest, this.#count)
    this.#count -= this.#lowest
    this.#base += this.#lowest
    this.#lowest = 0
  }

  #rise(from: number, dueMs: number, which: number): void {
    let at = from
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!this.#isBefore(dueMs, which, above)) break
      this.#move(above, at)
      at = above
    }
    this.#due[at] = dueMs
    this.#which[at] = which
  }

  #sink(dueMs: number, which: number): void {
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= this.#size) break
      const other = below + 1
      if (other < this.#size && this.#isBefore(this.#due[other] as number, this.#which[other] as number, below))
        below = other
      if (this.#isBefore(dueMs, which, below)) break
      this.#move(below, at)
      at = below
    }
    this.#due[at] = dueMs
    this.#which[at] = which
  }

  #isBefore(dueMs: number, which: number, at: number): boolean {
    const due = this.#due[at] as number
    return dueMs < due || (dueMs === due && which < (this.#which[at] as number))
  }

  #move(from: number, to: number): void {
    this.#due[to] = this.#due[from] as number
    this.#which[to] = this.#which[from] as number
  }
}

const firstRoom = 64

const grown = (array: Float64Array): Float64Array<ArrayBuffer> => {
  const larger = new Float64Array(2 * array.length)
  larger.set(array)
  return larger
}

const grownBytes = (array: Uint8Array): Uint8Array<ArrayBuffer> => {
  const larger = new Uint8Array(2 * array.length)
  larger.set(array)
  return larger
}
