import { none, type ProducerEntry } from './producer-state.ts'

/** An entry of a partition's index of aborted transactions: what a reader needs to leave their batches out. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Where the ABORT marker lies. */
  readonly lastOffset: number
  /** Everything below was decided when the marker was written: a reader up to here needs no later entry. */
  readonly lastStableOffset: number
}

/** How a transaction ended in this partition. */
export interface TransactionEnd {
  readonly markerOffset: number
  readonly commit: boolean
}

interface Transaction {
  readonly firstOffset: number
  state: 'open' | 'decided' | 'settled'
}

interface Decided {
  readonly transaction: Transaction
  readonly markerOffset: number
}

/** What is settled stays in its array until there is more of it than this, and than of what is not. */
export const settledMax = 64

/**
 * The transactions of a partition that keep its last stable offset back: open, or decided by a marker that the high
 * watermark has not passed. All operations take constant time, amortised; memory follows the number of these.
 *
 * Transactions begin and end in the order of their offsets, as a log writes them; anything else throws.
 */
export class UnstableTransactions {
  /** Open ones by producer. */
  readonly #open = new Map<number, Transaction>()
  /** In the order of their first offsets; the settled ones are cut out now and then. */
  #line: Transaction[] = []
  /** Before it, everything in line is settled. */
  #firstUnsettled = 0
  /** Before it, everything in line is decided or settled. */
  #firstOpen = 0
  /** Decided and not yet below the high watermark, in the order of their markers. */
  #decided: Decided[] = []
  #firstDecided = 0
  #settled = 0

  /** As recovery finds them in the producers' entries, in any order. */
  static of(entries: Iterable<ProducerEntry>): UnstableTransactions {
    const found = new UnstableTransactions()
    const open = [...entries].filter((entry) => entry.openTransaction !== none)
    for (const entry of open.sort((a, b) => a.openTransaction - b.openTransaction)) {
      found.begin(entry.producerId, entry.openTransaction)
    }
    return found
  }

  /** The first batch of a transaction was written at `firstOffset`. */
  begin(producerId: number, firstOffset: number): void {
    const last = this.#line.at(-1)
    if (this.#open.has(producerId) || (last !== undefined && last.firstOffset >= firstOffset)) {
      throw new Error(`broken invariant: producer ${producerId} begins a transaction at ${firstOffset}, out of order`)
    }
    const transaction: Transaction = { firstOffset, state: 'open' }
    this.#open.set(producerId, transaction)
    this.#line.push(transaction)
  }

  /** A marker was written. Answers what the index of aborted transactions gets; nothing for a commit, or a marker that ends nothing. */
  end(producerId: number, { markerOffset, commit }: TransactionEnd): AbortedTransaction | undefined {
    const transaction = this.#open.get(producerId)
    if (transaction === undefined) return undefined
    this.#open.delete(producerId)
    transaction.state = 'decided'
    this.#decided.push({ transaction, markerOffset })
    while (this.#line[this.#firstOpen]?.state !== 'open' && this.#firstOpen < this.#line.length) this.#firstOpen++
    if (commit) return undefined
    const { firstOffset } = transaction
    const lastStableOffset = this.#line[this.#firstOpen]?.firstOffset ?? markerOffset + 1
    return { producerId, firstOffset, lastOffset: markerOffset, lastStableOffset }
  }

  /** The high watermark (exclusive) has come as far as this: markers below it are visible. */
  advance(highWatermark: number): void {
    for (;;) {
      const next = this.#decided[this.#firstDecided]
      if (next === undefined || next.markerOffset >= highWatermark) break
      next.transaction.state = 'settled'
      this.#firstDecided++
      this.#settled++
    }
    while (this.#line[this.#firstUnsettled]?.state === 'settled') this.#firstUnsettled++
    this.#tidy()
  }

  /** The first offset of the oldest transaction that is open or not yet visibly decided. */
  get firstUnstable(): number | undefined {
    return this.#line[this.#firstUnsettled]?.firstOffset
  }

  /** How many transactions it holds in memory: those that are unstable, and at most as many or {@link settledMax} others. */
  get size(): number {
    return this.#line.length
  }

  /**
   * Up to where committed reading goes, exclusive: min(high watermark, first unstable offset), and never before the
   * start of the log, which records may have been deleted up to while their transaction was open.
   */
  lastStableOffset({ startOffset, highWatermark }: { startOffset: number; highWatermark: number }): number {
    return Math.max(startOffset, Math.min(highWatermark, this.firstUnstable ?? highWatermark))
  }

  #tidy(): void {
    if (this.#firstDecided > settledMax && this.#firstDecided * 2 > this.#decided.length) {
      this.#decided = this.#decided.slice(this.#firstDecided)
      this.#firstDecided = 0
    }
    if (this.#settled <= settledMax || this.#settled * 2 <= this.#line.length) return
    this.#line = this.#line.filter(({ state }) => state !== 'settled')
    this.#settled = 0
    this.#firstUnsettled = 0
    const open = this.#line.findIndex(({ state }) => state === 'open')
    this.#firstOpen = open === -1 ? this.#line.length : open
  }
}
