import type { UnsealedBatch } from '../contracts/engine.ts'
import type { Topic } from '../contracts/topic.ts'
import { type OpenBatch, OpenBatches } from './open-batches.ts'
import { type EncodedRecord, KeyPlace, type Outgoing, RecordEncoding } from './outgoing.ts'
import { checkRecord, type Route, type Routes } from './routes.ts'

const batchBytes = 128 * 1024

/** What transactions, one after the other, gather their records in. */
export class Gathering {
  readonly #open: OpenBatches<OpenBatch>
  /** In the order in which they filled up. */
  readonly #full: OpenBatch[] = []
  readonly #keyPlace = new KeyPlace()
  /** Records are being encoded: those that a codec sends must wait. */
  #isEntering = false

  constructor(routes: Routes) {
    this.#open = new OpenBatches({
      routes,
      batchBytes,
      make: (batch) => batch,
      full: (batch) => this.#full.push(batch),
    })
  }

  /** Whether there are batches for {@link take}. */
  get hasFull(): boolean {
    return this.#full.length > 0
  }

  /**
   * Encodes the records of a call into batches one by one, where all can be taken back when one cannot be written. False
   * where they cannot, or the topic must be looked at first: then nothing has happened.
   */
  enters<K, V>(route: Route, topic: Topic<K, V>, records: readonly Outgoing<K, V>[], now: number): boolean {
    const { isEmpty } = this.#open
    if (this.#isEntering || !(isEmpty || records.length === 1)) return false
    const fullBefore = this.#full.length
    let isWhole = false
    this.#isEntering = true
    try {
      isWhole = this.#enterOneByOne(route, new RecordEncoding(topic, now, this.#keyPlace), records)
    } finally {
      this.#isEntering = false
      // a single one that is refused has not entered
      if (!isWhole && isEmpty) this.#dropFrom(fullBefore)
    }
    return isWhole
  }

  #enterOneByOne<K, V>(route: Route, encoding: RecordEncoding<K, V>, records: readonly Outgoing<K, V>[]): boolean {
    for (let index = 0; index < records.length; index++) {
      encoding.read(records[index] as Outgoing<K, V>, index)
      if ((encoding.partition ?? -1) >= route.partitions) return false
      checkRecord(route, encoding, index)
      this.#open.add(route, encoding)
    }
    return true
  }

  /** Adds records that were encoded and checked before. */
  add(route: Route, records: readonly EncodedRecord[]): void {
    for (const record of records) this.#open.add(route, record)
  }

  /** All that is open counts as full. */
  flush(): void {
    this.#open.flush()
  }

  /** What is full, to be appended. */
  take(): readonly UnsealedBatch[] {
    return this.#full.splice(0).map(({ route, partition, builder }) => ({
      topic: route.topic,
      partition,
      bytes: builder.build(),
    }))
  }

  /** Drops all of it. */
  drop(): void {
    this.#dropFrom(0)
  }

  #dropFrom(full: number): void {
    this.#open.drop()
    this.#full.length = full
  }
}
