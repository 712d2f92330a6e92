import {
  baseOffsetOf,
  isControl,
  lastOffsetDeltaOf,
  lastOffsetOf,
  leaderEpochOf,
  maxTimestampOf,
  place,
} from '../../../batch/record-batch.ts'
import { ProducerTable } from '../../../log/producer-table.ts'
import type { ProducerEntry } from '../../../protocol/broker/producer-state.ts'
import type { AbortedTransaction } from '../../../protocol/broker/stable-offset.ts'

/** A batch in a replica's log. The bytes are shared with whoever has read them, and never change. */
interface Kept {
  readonly bytes: Uint8Array
  readonly baseOffset: number
  readonly lastOffset: number
  readonly appendMs: number
}

/** What a log lies on. */
export interface Disk {
  /** Called before anything is written; throws where that is not possible. */
  readonly write: () => void
  /** Called where somebody cannot do without what is damaged; throws. */
  readonly fail: (why: string) => void
}

const soundDisk: Disk = {
  write: () => {},
  fail: (why) => {
    throw new Error(`broken invariant: ${why}`)
  },
}

/** How a log comes back from the end of its broker's process. */
export type Aftermath =
  /** The operating system has written everything. */
  | 'kept'
  /** The power failed: what was not synced is gone. */
  | 'unsynced lost'

/**
 * One replica's log on a virtual disk: batches in order, of which a prefix is synced. What a broker does with it, its
 * replica's machine decides.
 *
 * **Guarantees** offsets only grow; what is known of producers is always that of the batches that are there, and of
 * those that were deleted for their age.
 */
export class ReplicaLog {
  readonly name: string
  readonly #disk: Disk
  #kept: Kept[] = []
  /** Where the first batch begins that is not what was written. */
  #damagedOffset = Number.POSITIVE_INFINITY
  #startOffset = 0
  #endOffset = 0
  #syncedOffset = 0
  /** Of what was deleted before the start. */
  #forgotten: readonly ProducerEntry[] = []
  #producers = new ProducerTable()
  #aborted: AbortedTransaction[] = []

  constructor(name: string, disk: Disk = soundDisk) {
    this.name = name
    this.#disk = disk
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0
  }

  /** How many there are. */
  get batches(): number {
    return this.#kept.length
  }

  get startOffset(): number {
    return this.#startOffset
  }

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** Up to where a loss of power leaves it, exclusive. */
  get syncedOffset(): number {
    return this.#syncedOffset
  }

  get producers(): ProducerTable {
    return this.#producers
  }

  /** Each leader epoch that wrote something here, with its first offset, in order. */
  get epochs(): readonly { readonly epoch: number; readonly startOffset: number }[] {
    const epochs: { epoch: number; startOffset: number }[] = []
    for (const { bytes, baseOffset } of this.#kept) {
      const epoch = leaderEpochOf(bytes)
      if (epoch !== epochs.at(-1)?.epoch) epochs.push({ epoch, startOffset: baseOffset })
    }
    return epochs
  }

  /** Takes a batch as its leader: offsets are written into `bytes`, which belong to the log from now on. Answers where it lies. */
  append(bytes: Uint8Array, leaderEpoch: number, appendMs: number): number {
    this.#disk.write()
    const baseOffset = this.#endOffset
    place(bytes, baseOffset, leaderEpoch)
    this.#take({ bytes, baseOffset, lastOffset: baseOffset + lastOffsetDeltaOf(bytes), appendMs })
    return baseOffset
  }

  /** Takes batches as they lie in the leader's log; those that are here already are passed over. */
  follow(batches: readonly Uint8Array[], appendMs: number): void {
    for (const bytes of batches) {
      const baseOffset = baseOffsetOf(bytes)
      if (baseOffset < this.#endOffset) continue
      this.#disk.write()
      this.#take({ bytes, baseOffset, lastOffset: lastOffsetOf(bytes), appendMs })
    }
  }

  #take(kept: Kept): void {
    this.#kept.push(kept)
    this.#endOffset = kept.lastOffset + 1
    this.#count(kept)
  }

  #count({ bytes, appendMs }: Kept): void {
    const { aborted } = this.#producers.replay(bytes, 0, appendMs)
    if (aborted !== undefined) this.#aborted.push(aborted)
  }

  /** Cuts off every batch with an offset at or behind `offset`. */
  truncateTo(offset: number): void {
    if (offset >= this.#endOffset) return
    this.#kept = this.#kept.slice(0, this.#indexOf(offset))
    this.#endOffset = Math.max(this.#startOffset, (this.#kept.at(-1)?.lastOffset ?? this.#startOffset - 1) + 1)
    this.#syncedOffset = Math.min(this.#syncedOffset, this.#endOffset)
    if (this.#damagedOffset >= this.#endOffset) this.#damagedOffset = Number.POSITIVE_INFINITY
    this.#recount()
  }

  /** Throws everything away and begins at `offset`. */
  resetTo(offset: number): void {
    this.#kept = []
    this.#forgotten = []
    this.#startOffset = this.#endOffset = this.#syncedOffset = offset
    this.#damagedOffset = Number.POSITIVE_INFINITY
    this.#recount()
  }

  /** Deletes the records before `offset`, batches that end before it altogether. */
  deleteBefore(offset: number): void {
    if (offset <= this.#startOffset) return
    const first = this.#kept.findIndex(({ lastOffset }) => lastOffset >= offset)
    const gone = this.#kept.splice(0, first === -1 ? this.#kept.length : first)
    const forgotten = new ProducerTable(this.#forgotten)
    for (const { bytes, appendMs } of gone) forgotten.replay(bytes, 0, appendMs)
    this.#forgotten = [...forgotten.entries.values()]
    this.#startOffset = offset
    this.#endOffset = Math.max(this.#endOffset, offset)
    this.#aborted = this.#aborted.filter(({ lastOffset }) => lastOffset >= offset)
    if (this.#damagedOffset < (this.#kept[0]?.baseOffset ?? offset)) this.#damagedOffset = Number.POSITIVE_INFINITY
  }

  /** All that is there survives a loss of power from now on. */
  sync(): void {
    this.#syncedOffset = this.#endOffset
  }

  /** Damages a batch, by its number: it cannot be read, nor what is behind it. Answers where it begins. */
  damage(batch: number): number {
    const offset = this.#kept[batch]?.baseOffset ?? this.#endOffset
    this.#damagedOffset = Math.min(this.#damagedOffset, offset)
    return offset
  }

  get isDamaged(): boolean {
    return this.#damagedOffset < Number.POSITIVE_INFINITY
  }

  /** Whether what is at `offset`, or behind it in the same batch, cannot be read. */
  isDamagedAt(offset: number): boolean {
    return (this.#kept[this.#indexOf(offset)]?.baseOffset ?? -1) >= this.#damagedOffset
  }

  /** As it is found when the broker comes back: recovery cuts off what is damaged, and all that is behind it. */
  comeBack(aftermath: Aftermath): void {
    if (aftermath === 'unsynced lost') this.truncateTo(this.#syncedOffset)
    this.truncateTo(this.#damagedOffset)
    this.sync()
  }

  /** Every batch. */
  readAll(): readonly Uint8Array[] {
    if (this.isDamaged) this.#disk.fail(`${this.name} is damaged at offset ${this.#damagedOffset}`)
    return this.#kept.map(({ bytes }) => bytes)
  }

  /** Whole batches from the one with `offset` on, below `bound`, up to `maxBytes`; the first may pass it. */
  read(offset: number, bound: number, maxBytes: number): readonly Uint8Array[] {
    const batches: Uint8Array[] = []
    let left = maxBytes
    for (let at = this.#indexOf(offset); at < this.#kept.length; at++) {
      const { bytes, baseOffset } = this.#kept[at] as Kept
      if (baseOffset >= Math.min(bound, this.#damagedOffset) || (left < bytes.length && batches.length > 0)) break
      batches.push(bytes)
      left -= bytes.length
    }
    return batches
  }

  /** Those that end at or behind `offset` and begin before `bound`. */
  abortedBetween(offset: number, bound: number): readonly AbortedTransaction[] {
    return this.#aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= offset && firstOffset < bound)
  }

  /** Of the last batch before `offset`, -1 where there is none. */
  epochBefore(offset: number): number {
    const before = this.#kept[this.#indexOf(offset) - 1]
    return before === undefined ? -1 : leaderEpochOf(before.bytes)
  }

  /** The batches with records at or after `timestamp` begin here; `undefined` where there are none below `bound`. */
  firstBatchAt(timestamp: number, bound: number): Uint8Array | undefined {
    return this.#kept.find(
      ({ bytes, baseOffset, lastOffset }) =>
        baseOffset < bound &&
        lastOffset >= this.#startOffset &&
        !isControl(bytes) &&
        maxTimestampOf(bytes) >= timestamp,
    )?.bytes
  }

  /** When the batch with `offset` was appended. */
  appendedMs(offset: number): number {
    const kept = this.#kept[this.#indexOf(offset)]
    if (kept === undefined) throw new RangeError(`${this.name} has no offset ${offset}`)
    return kept.appendMs
  }

  /** Up to where batches are older than `ms`, by when they were appended, below `bound`. */
  olderThan(ms: number, bound: number): number {
    let offset = this.#startOffset
    for (const { appendMs, lastOffset } of this.#kept) {
      if (appendMs >= ms || lastOffset >= bound) break
      offset = lastOffset + 1
    }
    return offset
  }

  /** The index of the first batch that ends at or behind `offset`. */
  #indexOf(offset: number): number {
    let [low, high] = [0, this.#kept.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#kept[middle] as Kept).lastOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  #recount(): void {
    this.#producers = new ProducerTable(this.#forgotten)
    this.#aborted = []
    for (const kept of this.#kept) this.#count(kept)
  }
}
