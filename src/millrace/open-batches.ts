import { BatchBuilder } from '../batch/batch-builder.ts'
import { headerBytes } from '../batch/record-batch.ts'
import { lengthOf } from '../batch/record-fields.ts'
import type { EncodedRecord } from './outgoing.ts'
import { partitionFor, type Route, type Routes } from './routes.ts'

/** A batch that is being filled. */
export interface OpenBatch {
  readonly route: Route
  readonly partition: number
  readonly builder: BatchBuilder
  /** What its records would take, each in a batch of its own. */
  sizeBytes: number
}

/** One open batch a partition; what is full is handed to `full`, in the order in which it filled up. */
export class OpenBatches<B extends OpenBatch> {
  readonly #routes: Routes
  readonly #batchBytes: number
  readonly #make: (batch: OpenBatch) => B
  readonly #full: (batch: B) => void
  #open = new Map<string, (B | undefined)[]>()

  constructor(o: {
    readonly routes: Routes
    readonly batchBytes: number
    readonly make: (batch: OpenBatch) => B
    readonly full: (batch: B) => void
  }) {
    this.#routes = o.routes
    this.#batchBytes = o.batchBytes
    this.#make = o.make
    this.#full = o.full
  }

  get isEmpty(): boolean {
    return this.#open.size === 0
  }

  /** Adds a record, which fits a batch of its own, and answers the batch it went into. */
  add(route: Route, record: EncodedRecord): B {
    const { key, value, headers, timestamp, sizeBytes } = record
    const partition = partitionFor(route, record)
    const open = this.#of(route.topic)
    let batch = open[partition]
    if (batch === undefined || !this.#joins(batch, record)) {
      if (batch !== undefined) this.#complete(batch)
      const builder = new BatchBuilder({ compression: route.compression, maxBytes: route.maxMessageBytes })
      builder.addFirst(key, value, headers, timestamp)
      batch = this.#make({ route, partition, builder, sizeBytes: 0 })
      open[partition] = batch
    }
    batch.sizeBytes += sizeBytes
    return batch
  }

  /** Adds a record to a batch that has others, if there is room. */
  #joins({ builder }: B, { key, value, headers, timestamp, fieldsBytes, sizeBytes }: EncodedRecord): boolean {
    if (builder.sizeBytes + sizeBytes - headerBytes > this.#batchBytes) return false
    return builder.addParts(key, lengthOf(key), value, lengthOf(value), headers, timestamp, fieldsBytes)
  }

  /** Drops all that is open. */
  drop(): void {
    this.#open = new Map()
  }

  /** Hands on all that is open. */
  flush(): void {
    const open = this.#open
    this.#open = new Map()
    for (const batches of open.values()) for (const batch of batches) if (batch !== undefined) this.#complete(batch)
  }

  #complete(batch: B): void {
    this.#routes.completed(batch.route, batch.builder.sizeBytes, this.#batchBytes)
    this.#full(batch)
  }

  #of(topic: string): (B | undefined)[] {
    let batches = this.#open.get(topic)
    if (batches === undefined) {
      batches = []
      this.#open.set(topic, batches)
    }
    return batches
  }
}
