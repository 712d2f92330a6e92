import type { Random } from '../../contracts/random.ts'

const seed = 0x9747b28c
const mix = 0x5bd1e995

/**
 * MurmurHash2 of `bytes`, or the first `length` of them, as Kafka's clients compute it: 32 bits, signed.
 *
 * The same key meets the same partition whoever writes it, so this may never change.
 * Source: `org.apache.kafka.common.utils.Utils.murmur2`.
 */
export const murmur2 = (bytes: Uint8Array, length: number = bytes.length): number => {
  const tail = length & ~3
  let hash = seed ^ length
  for (let at = 0; at < tail; at += 4) {
    let word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    word = Math.imul(word, mix)
    word = Math.imul(word ^ (word >>> 24), mix)
    hash = Math.imul(hash, mix) ^ word
  }
  const left = length - tail
  if (left > 2) hash ^= (bytes[tail + 2] as number) << 16
  if (left > 1) hash ^= (bytes[tail + 1] as number) << 8
  if (left > 0) hash = Math.imul(hash ^ (bytes[tail] as number), mix)
  hash = Math.imul(hash ^ (hash >>> 13), mix)
  return hash ^ (hash >>> 15)
}

/**
 * What chooses the partition of `key`, or of its first `length` bytes, by its remainder: 0 or more. An empty key is a key; only
 * an absent one has none.
 */
export const keyHash = (key: Uint8Array, length: number = key.length): number => murmur2(key, length) & 0x7fffffff

/** The partition of `key` among `partitions` (at least 1). */
export const keyedPartition = (key: Uint8Array, partitions: number): number => keyHash(key) % partitions

/**
 * Where records without a key go: one partition until a batch's worth was produced to it, then another, so that
 * batches fill up. Source: KIP-794.
 */
export interface Sticky {
  readonly partition: number
  /** Since `partition` was chosen. */
  readonly producedBytes: number
}

export interface StickyChoice {
  /** Partitions to choose from, such that they can be written to now; not empty. */
  readonly available: readonly number[]
  /** Batches waiting for each of `available`, in that order; shorter queues are likelier. Without it, all alike. */
  readonly queued?: readonly number[]
}

export interface Produced {
  readonly bytes: number
  /** `batch.size`: how much to produce to a partition before leaving it. */
  readonly batchBytes: number
  /** The batch has just been completed, so that leaving now does not cut one short. */
  readonly batchReady: boolean
}

/** Begins on a partition drawn from `choice`. */
export const stick = (choice: StickyChoice, random: Random): Sticky => ({
  partition: draw(choice, random.next()),
  producedBytes: 0,
})

/**
 * Accounts for what was produced to `sticky.partition`: moves on after a batch's worth once the batch is ready,
 * and after two batches' worth whatever is.
 */
export const produced = (
  sticky: Sticky,
  { bytes, batchBytes, batchReady }: Produced,
  choice: StickyChoice,
  random: Random,
): Sticky => {
  const producedBytes = sticky.producedBytes + bytes
  const full = producedBytes >= (batchReady ? batchBytes : 2 * batchBytes)
  return full ? stick(choice, random) : { partition: sticky.partition, producedBytes }
}

/** `at` in [0, 1) picks among the available ones, each weighted by how much shorter than the longest its queue is. */
const draw = ({ available, queued }: StickyChoice, at: number): number => {
  const last = available[available.length - 1]
  if (last === undefined) throw new Error('no partition is available to produce to')
  if (queued === undefined) return available[Math.floor(at * available.length)] ?? last
  const longest = queued.reduce((a, b) => Math.max(a, b), 0)
  const weights = available.map((_, index) => longest + 1 - (queued[index] ?? 0))
  let left = at * weights.reduce((a, b) => a + b, 0)
  const index = weights.findIndex((weight) => {
    left -= weight
    return left < 0
  })
  return available[index] ?? last
}
