/** Blocks begin at multiples of so many bytes: an address of 31 bits reaches 16 GiB. */
const unitBytes = 8
/** How long key and value are, 4 bytes each. */
const headBytes = 8
const slabBytesMax = 1024 * 1024
const slabBytesMin = 4 * 1024
/** Of an address: what is above them is the buffer's number. */
const placeBits = 17
const unitsPerSlab = 2 ** placeBits
const slabsMax = 2 ** (31 - placeBits)
/** Of the word that says how long the value is. */
const dead = 0x8000_0000 | 0

interface Slab {
  readonly index: number
  readonly bytes: Uint8Array
  readonly words: Int32Array
  /** Bytes from the beginning that blocks were laid into. */
  used: number
  /** Bytes of blocks that are alive. */
  live: number
}

/**
 * Keys with their values, one behind the other in large buffers: no object an entry. What is removed leaves a hole, until
 * {@link evacuate} empties the buffer that has most of them.
 *
 * An address is a number of 31 bits; it means the same block until that is removed or moved.
 */
export class Slabs {
  readonly #slabs: (Slab | undefined)[] = []
  readonly #freeIndexes: number[] = []
  #head: Slab | undefined
  #live = 0
  #used = 0
  #held = 0

  /** Bytes of all blocks. */
  get liveBytes(): number {
    return this.#live
  }

  /** Bytes of all buffers. */
  get heldBytes(): number {
    return this.#held
  }

  /** Bytes of holes. */
  get deadBytes(): number {
    return this.#used - this.#live
  }

  /** Lays a block down and answers where. Throws `RangeError` where there is no address left. */
  add(key: Uint8Array, value: Uint8Array): number {
    const block = blockBytes(key.length, value.length)
    const slab = this.#room(block)
    const at = slab.used
    const word = at >> 2
    slab.words[word] = key.length
    slab.words[word + 1] = value.length
    copyInto(slab.bytes, at + headBytes, key)
    copyInto(slab.bytes, at + headBytes + key.length, value)
    this.#laid(slab, block)
    return slab.index * unitsPerSlab + at / unitBytes
  }

  /** Replaces the value where it lies; false where it does not fit there. */
  replace(address: number, value: Uint8Array): boolean {
    const slab = this.#slabOf(address)
    const at = atIn(address)
    const word = at >> 2
    const keyLength = slab.words[word] as number
    if (blockBytes(keyLength, value.length) !== blockBytes(keyLength, slab.words[word + 1] as number)) return false
    slab.words[word + 1] = value.length
    copyInto(slab.bytes, at + headBytes + keyLength, value)
    return true
  }

  remove(address: number): void {
    const slab = this.#slabOf(address)
    const word = atIn(address) >> 2
    const valueLength = slab.words[word + 1] as number
    const block = blockBytes(slab.words[word] as number, valueLength)
    slab.words[word + 1] = valueLength | dead
    slab.live -= block
    this.#live -= block
    if (slab.live > 0) return
    if (slab !== this.#head) return this.#drop(slab)
    this.#used -= slab.used
    slab.used = 0
  }

  isKey(address: number, key: Uint8Array): boolean {
    const { bytes, words } = this.#slabOf(address)
    const from = atIn(address) + headBytes
    const { length } = key
    if (words[(from - headBytes) >> 2] !== length) return false
    for (let at = 0; at < length; at++) if (bytes[from + at] !== key[at]) return false
    return true
  }

  /** Where it lies. */
  key(address: number): Uint8Array {
    const { bytes, words } = this.#slabOf(address)
    const from = atIn(address) + headBytes
    return new Uint8Array(bytes.buffer, from, words[(from - headBytes) >> 2] as number)
  }

  /** Where it lies: valid until something changes. */
  value(address: number): Uint8Array {
    const { bytes, words } = this.#slabOf(address)
    const word = atIn(address) >> 2
    return new Uint8Array(bytes.buffer, atIn(address) + headBytes + (words[word] as number), words[word + 1] as number)
  }

  /** Bytes of key and value. */
  contentBytes(address: number): number {
    const { words } = this.#slabOf(address)
    const word = atIn(address) >> 2
    return (words[word] as number) + (words[word + 1] as number)
  }

  /** Moves what is alive out of the buffer with the most holes, which then is free; tells of each block, in its old place first. */
  evacuate(moved: (from: number, to: number) => void): void {
    const worst = this.#worst()
    if (worst === undefined) return
    if (worst === this.#head) this.#head = undefined
    const { index, words, bytes, used } = worst
    for (let at = 0; at < used; ) {
      const word = at >> 2
      const keyLength = words[word] as number
      const valueWord = words[word + 1] as number
      const valueLength = valueWord & ~dead
      if (valueWord >= 0) {
        const from = at + headBytes + keyLength
        const key = new Uint8Array(bytes.buffer, at + headBytes, keyLength)
        const to = this.add(key, new Uint8Array(bytes.buffer, from, valueLength))
        this.#live -= blockBytes(keyLength, valueLength)
        moved(index * unitsPerSlab + at / unitBytes, to)
      }
      at += blockBytes(keyLength, valueLength)
    }
    this.#drop(worst)
  }

  clear(): void {
    this.#slabs.length = 0
    this.#freeIndexes.length = 0
    this.#head = undefined
    this.#live = this.#used = this.#held = 0
  }

  #worst(): Slab | undefined {
    let worst: Slab | undefined
    for (const slab of this.#slabs)
      if (slab !== undefined && (worst === undefined || slab.used - slab.live > worst.used - worst.live)) worst = slab
    return worst === undefined || worst.used === worst.live ? undefined : worst
  }

  #slabOf(address: number): Slab {
    return this.#slabs[address >> placeBits] as Slab
  }

  #room(block: number): Slab {
    const head = this.#head
    if (head !== undefined && head.bytes.length - head.used >= block) return head
    const bytes = Math.max(block, Math.min(slabBytesMax, Math.max(slabBytesMin, this.#held)))
    const slab = this.#begin(bytes)
    // a block that fills one alone leaves the others their room
    if (block <= slabBytesMax / 2 || head === undefined) this.#head = slab
    return slab
  }

  #begin(length: number): Slab {
    const index = this.#freeIndexes.pop() ?? this.#slabs.length
    if (index >= slabsMax) throw new RangeError(`a store in memory has at most ${slabsMax * slabBytesMax} bytes`)
    const bytes = new Uint8Array(length)
    const slab = { index, bytes, words: new Int32Array(bytes.buffer), used: 0, live: 0 }
    this.#slabs[index] = slab
    this.#held += length
    return slab
  }

  #laid(slab: Slab, block: number): void {
    slab.used += block
    slab.live += block
    this.#used += block
    this.#live += block
  }

  #drop(slab: Slab): void {
    this.#slabs[slab.index] = undefined
    this.#freeIndexes.push(slab.index)
    this.#held -= slab.bytes.length
    this.#used -= slab.used
  }
}

const atIn = (address: number): number => (address & (unitsPerSlab - 1)) * unitBytes

const blockBytes = (keyLength: number, valueLength: number): number =>
  (headBytes + keyLength + valueLength + unitBytes - 1) & ~(unitBytes - 1)

/** From here on a call costs less than a loop. */
const longBytes = 32

const copyInto = (into: Uint8Array, at: number, bytes: Uint8Array): void => {
  const { length } = bytes
  if (length > longBytes) into.set(bytes, at)
  else for (let from = 0; from < length; from++) into[at + from] = bytes[from] as number
}
