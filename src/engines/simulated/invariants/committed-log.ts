import { baseOffsetOf, lastOffsetOf } from '../../../batch/record-batch.ts'
import type { ReplicaLog } from '../broker/replica-log.ts'

/**
 * What of a partition is committed, as the leaders have shown it one after the other by their high watermarks. Replicas
 * share the bytes of a batch, so that two batches are the same if they are one.
 */
export class CommittedLog {
  readonly #batches: Uint8Array[] = []
  #endOffset: number

  constructor(startOffset: number) {
    this.#endOffset = startOffset
  }

  get endOffset(): number {
    return this.#endOffset
  }

  /** More is committed: what `log` has up to `highWatermark`. Answers what came on. */
  advance(log: ReplicaLog, highWatermark: number): readonly Uint8Array[] {
    // what is behind damage is learned from the next leader
    if (highWatermark <= this.#endOffset || log.isDamaged) return []
    const batches = log.read(this.#endOffset, highWatermark, Number.POSITIVE_INFINITY)
    for (const bytes of batches) this.#batches.push(bytes)
    this.#endOffset = highWatermark
    return batches
  }

  /** The first offset from `from` on, before `to`, at which `log` has not what was committed. */
  firstDifference(log: ReplicaLog, from: number, to: number): number | undefined {
    const start = Math.max(from, log.startOffset)
    const end = Math.min(to, this.#endOffset)
    if (start >= end) return undefined
    let at = this.#indexOf(start)
    let reached = start
    for (const bytes of log.read(start, end, Number.POSITIVE_INFINITY)) {
      const committed = this.#batches[at]
      if (committed === undefined) break
      if (committed !== bytes) return Math.max(start, baseOffsetOf(committed))
      at++
      reached = lastOffsetOf(bytes) + 1
    }
    // what the deleted records leave behind is no batch, and nothing is missing there
    return reached < end && this.#batches[at] !== undefined ? reached : undefined
  }

  /** Forgets what is behind `offset`: an unclean election has lost it. */
  truncateTo(offset: number): void {
    this.#batches.length = this.#indexOf(offset)
    this.#endOffset = Math.min(this.#endOffset, offset)
  }

  /** The first batch that ends at or behind `offset`. */
  #indexOf(offset: number): number {
    let [low, high] = [0, this.#batches.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (lastOffsetOf(this.#batches[middle] as Uint8Array) < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
