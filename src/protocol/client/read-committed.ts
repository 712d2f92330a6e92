/** An aborted transaction among the batches of a fetch. */
export interface AbortedRange {
  readonly producerId: number
  readonly firstOffset: number
  /** Where its marker lies, if known: a log's own index says it, Kafka's answer to a fetch does not. */
  readonly lastOffset?: number
}

/** How to read what is needed of a batch, whatever form it comes in; its bytes, as a rule. */
export interface BatchFields<B> {
  readonly lastOffset: (batch: B) => number
  readonly producerId: (batch: B) => number
  readonly isTransactional: (batch: B) => boolean
  readonly isControl: (batch: B) => boolean
  /** Of a control batch: whether it is an ABORT marker. */
  readonly isAbort: (batch: B) => boolean
}

/**
 * Tells the batches of one fetch that a committed reader is given from those that it is not: markers, and what was
 * aborted.
 *
 * `aborted` are the transactions that overlap what was fetched, in any order; also those that began before it, since
 * a fetch may start in the middle of one, and possibly more that begin later. Transactions that ended before the
 * fetch began may be among them only with their last offset. Each fetch has a filter of its own, and shows it every
 * batch in order. It does not hold back what is undecided: a committed fetch ends at the last stable offset.
 *
 * **Guarantees** allocates nothing per batch, and nothing but itself where nothing was aborted.
 */
export class CommittedFilter<B> {
  readonly #fields: BatchFields<B>
  /** By first offset. */
  readonly #aborted: readonly AbortedRange[]
  #begun = 0
  /** The last offset of the aborted transaction that each producer is in. */
  #under: Map<number, number> | undefined

  constructor(fields: BatchFields<B>, aborted: readonly AbortedRange[]) {
    this.#fields = fields
    this.#aborted = aborted.length > 1 ? aborted.toSorted((a, b) => a.firstOffset - b.firstOffset) : aborted
  }

  /** Whether the reader is given `batch`. */
  keeps(batch: B): boolean {
    const fields = this.#fields
    const control = fields.isControl(batch)
    if (this.#aborted.length === 0) return !control
    const lastOffset = fields.lastOffset(batch)
    this.#begin(lastOffset)
    const producerId = fields.producerId(batch)
    const end = this.#under?.get(producerId)
    if (end === undefined) return !control
    if (lastOffset > end || (control && fields.isAbort(batch))) this.#under?.delete(producerId)
    return !control && (lastOffset > end || !fields.isTransactional(batch))
  }

  #begin(lastOffset: number): void {
    for (;;) {
      const next = this.#aborted[this.#begun]
      if (next === undefined || next.firstOffset > lastOffset) return
      this.#under ??= new Map()
      this.#under.set(next.producerId, next.lastOffset ?? Number.POSITIVE_INFINITY)
      this.#begun++
    }
  }
}

/** What a reader at `position` is given of fetched batches, and where it goes on: behind the last, given or not. */
export const readCommitted = <B>(
  fields: BatchFields<B>,
  fetched: {
    readonly position: number
    readonly batches: readonly B[]
    readonly aborted: readonly AbortedRange[]
  },
): { readonly batches: readonly B[]; readonly nextOffset: number } => {
  const filter = new CommittedFilter(fields, fetched.aborted)
  const batches = fetched.batches.filter((batch) => filter.keeps(batch))
  const last = fetched.batches.at(-1)
  const nextOffset = last === undefined ? fetched.position : Math.max(fetched.position, fields.lastOffset(last) + 1)
  return { batches, nextOffset }
}
