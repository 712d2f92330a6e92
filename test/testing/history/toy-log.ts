import type { PolledRecord, SentRecord, Value } from '../../../src/testing/history/history.ts'

/** The topic that everything is sent to. */
export const topic = 'toy'

/** Several sends that are seen together or not at all. */
export interface ToyTransaction {
  state: 'open' | 'committed' | 'aborted'
  readonly partitions: Set<number>
}

/** A value, or a marker; of a transaction, or committed as it is. */
interface Entry {
  readonly value?: Value
  readonly transaction?: ToyTransaction
}

/** Partitions as they ought to be, in the fewest words: markers take offsets, and nobody reads past an open transaction. */
export class ToyLog {
  readonly #partitions: readonly Entry[][]

  constructor(partitions: number) {
    this.#partitions = Array.from({ length: partitions }, () => [])
  }

  /** Answers where it lies. */
  append({ partition, value }: SentRecord, transaction?: ToyTransaction): number {
    transaction?.partitions.add(partition)
    return this.#entries(partition).push({ value, ...(transaction === undefined ? {} : { transaction }) }) - 1
  }

  end(transaction: ToyTransaction, state: 'committed' | 'aborted'): void {
    transaction.state = state
    for (const partition of transaction.partitions) this.#entries(partition).push({})
  }

  size(partition: number): number {
    return this.#entries(partition).length
  }

  /** Committed records from `from` on, `max` at most, and where to go on. */
  read(
    partition: number,
    from: number,
    max: number,
  ): { readonly records: readonly PolledRecord[]; readonly next: number } {
    const records: PolledRecord[] = []
    const entries = this.#entries(partition)
    let offset = from
    for (; offset < entries.length && records.length < max; offset += 1) {
      const { value, transaction } = entries[offset] as Entry
      if (transaction?.state === 'open') break
      if (value !== undefined && transaction?.state !== 'aborted') records.push({ topic, partition, offset, value })
    }
    return { records, next: offset }
  }

  #entries(partition: number): Entry[] {
    return this.#partitions[partition] as Entry[]
  }
}
