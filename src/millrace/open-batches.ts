import { BatchBuilder } from '../batch/batch-builder.ts'
import { headerBytes } from '../batch/record-batch.ts'
import type { EncodedRecord } from './outgoing.ts'
import { partitionFor, type Route, type Routes } from './routes.ts'

/** A batch that is being filled. */
export interface OpenBatch {
  readonly route: Route
  readonly partition: number
  readonly builder: BatchBuilder
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

  /** Adds a record and answers the batch it went into. */
  add(route: Route, record: EncodedRecord): B {
    const partition = partitionFor(route, record)
    const open = this.#of(route.topic)
    let batch = open[partition]
    if (batch !== undefined && batch.sizeBytes + record.sizeBytes > Math.min(this.#batchBytes, route.maxMessageBytes)) {
      this.#complete(batch)
      batch = undefined
    }
    if (batch === undefined) {
      const builder = new BatchBuilder({ compression: route.compression })
      batch = this.#make({ route, partition, builder, sizeBytes: headerBytes })
      open[partition] = batch
    }
    batch.builder.add(record.key, record.value, record.headers, record.timestamp)
    batch.sizeBytes += record.sizeBytes
    return batch
  }

  /** Hands on all that is open. */
  flush(): void {
    const open = this.#open
    this.#open = new Map()
    for (const batches of open.values()) for (const batch of batches) if (batch !== undefined) this.#complete(batch)
  }

  #complete(batch: B): void {
    this.#routes.completed(batch.route, batch.sizeBytes, this.#batchBytes)
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
