const { imul } = Math

/**
 * Where a key lies in the tables of a store: MurmurHash3 in its form of 32 bits (public domain), signed.
 *
 * Not the hash that chooses partitions: of all keys of one task that has the same remainder.
 */
export const keyHash = (key: Uint8Array): number => {
  const { length } = key
  const whole = length & ~3
  let hash = 0
  for (let at = 0; at < whole; at += 4) hash = mixed(hash, wordAt(key, at))
  let tail = 0
  for (let at = length - 1; at >= whole; at--) tail = (tail << 8) | (key[at] as number)
  if (whole < length) hash ^= scrambled(tail)
  return finished(hash ^ length)
}

const wordAt = (key: Uint8Array, at: number): number =>
  (key[at] as number) |
  ((key[at + 1] as number) << 8) |
  ((key[at + 2] as number) << 16) |
  ((key[at + 3] as number) << 24)

const scrambled = (word: number): number => {
  const first = imul(word, 0xcc9e2d51)
  return imul((first << 15) | (first >>> 17), 0x1b873593)
}

const mixed = (hash: number, word: number): number => {
  const next = hash ^ scrambled(word)
  return (imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0
}

const finished = (hash: number): number => {
  const first = imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const second = imul(first ^ (first >>> 13), 0xc2b2ae35)
  return second ^ (second >>> 16)
}
