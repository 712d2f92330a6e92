import type { Random } from '../../../contracts/random.ts'

/**
 * Randomness from one seed, in streams of their own by name: a draw more in one leaves all others as they were.
 *
 * The generator is sfc32 (Chris Doty-Humphrey's PractRand), the name hashed into its state with FNV-1a.
 */
export class RandomStreams {
  readonly seed: number
  readonly #streams = new Map<string, Random>()

  /** `seed`: 32 bits of it count. */
  constructor(seed: number) {
    this.seed = seed >>> 0
  }

  stream(name: string): Random {
    const known = this.#streams.get(name)
    if (known !== undefined) return known
    const made = stream(this.seed, name)
    this.#streams.set(name, made)
    return made
  }
}

const stream = (seed: number, name: string): Random => {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) >>> 0
  let [a, b, c, count] = [seed | 0, hash | 0, (hash ^ 0x9e3779b9) | 0, 1]
  const word = (): number => {
    const sum = (((a + b) | 0) + count) | 0
    count = (count + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let warm = 0; warm < 12; warm++) word()
  return {
    next: () => word() / 2 ** 32,
    id: () => {
      const bytes = new Uint8Array(16)
      const view = new DataView(bytes.buffer)
      for (let at = 0; at < 16; at += 4) view.setUint32(at, word())
      return bytes
    },
  }
}
