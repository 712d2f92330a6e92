import { BatchBuilder, type WrittenFields } from '../batch/batch-builder.ts'
import { headerBytes } from '../batch/record-batch.ts'
import type { RecordHeaders, WrittenHeaders } from '../batch/record-headers.ts'
import { aloneBytesOf } from '../batch/record-size.ts'
import { keyHash } from '../protocol/client/partitioner.ts'
import type { Sink } from './encoded-output.ts'
import type { OutputLog } from './output-log.ts'

/** Outputs of one partition of a topic, as the batch that they are to be. */
export interface PartitionOutputs {
  readonly sink: Sink
  readonly partition: number
  /** May be empty. */
  readonly batch: BatchBuilder
}

/**
 * What a task has done, in batches in the making, one after the other for each partition. They are copied for a commit, so that
 * one that is made again writes the same, and the last outputs are cheap to take back.
 *
 * **Guarantees** keys, values and headers are copied at once. Not an object an output: a run gathers thousands a commit.
 */
export class TaskOutputs {
  readonly #task: number
  #count = 0
  #parts: PartitionOutputs[] = []
  /** By partition, the last of each. */
  readonly #open = new Map<Sink, (PartitionOutputs | undefined)[]>()
  /** Those of the topic that was written to last. */
  #sink: Sink | undefined
  #openOfSink: (PartitionOutputs | undefined)[] = []
  // Of each output, in order. Never made shorter: what is behind the count means nothing.
  readonly #partOf: PartitionOutputs[] = []
  /** How large the batch was before it. */
  readonly #at: number[] = []

  /** An output without a key goes to the partition of `task`: a replay writes it to the same place. */
  constructor(task: number) {
    this.#task = task
  }

  get count(): number {
    return this.#count
  }

  /** In the order of each partition. */
  get parts(): readonly PartitionOutputs[] {
    return this.#parts
  }

  /** What is kept for the outputs, and for more. */
  get heldBytes(): number {
    let bytes = 0
    for (const { batch } of this.#parts) bytes += batch.heldBytes
    return bytes
  }

  /** Adds an output whose fields, of so many bytes of `key` and `value`, take `fields`. */
  // Not an object with all of it: that would be one a record.
  add(
    sink: Sink,
    key: Uint8Array | null,
    keyBytes: number,
    value: Uint8Array | null,
    valueBytes: number,
    headers: RecordHeaders | WrittenHeaders,
    timestamp: number,
    fields: number,
  ): void {
    const partition = this.#partitionOf(sink, key, keyBytes)
    const part = this.#part(sink, partition)
    const at = part.batch.sizeBytes
    if (part.batch.addParts(key, keyBytes, value, valueBytes, headers, timestamp, fields)) return this.#note(part, at)
    const next = this.#begin(sink, partition, fields)
    next.batch.addParts(key, keyBytes, value, valueBytes, headers, timestamp, fields)
    this.#note(next, headerBytes)
  }

  /** Adds all of `log`, which stays as it is. */
  append(log: OutputLog): void {
    for (let index = 0; index < log.count; index++) {
      const sink = log.sinkOf(index)
      const partition = log.partitionOf(index, sink.partitions ?? 1, this.#keyless(sink))
      const part = this.#part(sink, partition)
      const at = part.batch.sizeBytes
      if (log.addTo(part.batch, index)) this.#note(part, at)
      else {
        const next = this.#begin(sink, partition, log.fieldsBytesOf(index))
        log.addTo(next.batch, index)
        this.#note(next, headerBytes)
      }
    }
  }

  /** Moves all but the first `count` to `log`. */
  moveTo(log: OutputLog, count: number): void {
    for (let index = count; index < this.#count; index++) {
      const { sink, partition } = this.#partOf[index] as PartitionOutputs
      log.addFields(sink, partition, this.#written(index))
    }
    this.truncate(count)
  }

  /** Takes back all but the first `count`. */
  truncate(count: number): void {
    while (this.#count > count) {
      this.#count -= 1
      const { batch } = this.#partOf[this.#count] as PartitionOutputs
      batch.takeBack(this.#at[this.#count] as number)
    }
  }

  /** Takes back all, to be filled again. */
  clear(): void {
    this.#count = 0
    for (const { batch } of this.#parts) batch.clear()
    this.#parts = this.#parts.filter((part) => this.#open.get(part.sink)?.[part.partition] === part)
  }

  sinkOf(index: number): Sink {
    return (this.#partOf[index] as PartitionOutputs).sink
  }

  /** What a batch of output `index` alone takes. */
  aloneBytesOf(index: number): number {
    const { from, to } = this.#written(index)
    return aloneBytesOf(to - from)
  }

  /** Adds output `index` to `builder`; false where that has no room. */
  addTo(builder: BatchBuilder, index: number): boolean {
    const { bytes, from, to, timestamp } = this.#written(index)
    return builder.addFields(bytes, from, to, timestamp)
  }

  #written(index: number): WrittenFields {
    return (this.#partOf[index] as PartitionOutputs).batch.written(this.#at[index] as number)
  }

  #note(part: PartitionOutputs, at: number): void {
    const index = this.#count++
    this.#partOf[index] = part
    this.#at[index] = at
  }

  #partitionOf(sink: Sink, key: Uint8Array | null, keyBytes: number): number {
    return key === null || sink.isByTask === true
      ? this.#keyless(sink)
      : keyHash(key, keyBytes) % (sink.partitions ?? 1)
  }

  #keyless({ partitions = 1 }: Sink): number {
    return this.#task % partitions
  }

  #part(sink: Sink, partition: number): PartitionOutputs {
    if (sink !== this.#sink) this.#turnTo(sink)
    const part = this.#openOfSink[partition]
    return part === undefined || part.batch.sizeBytes > batchBytes ? this.#begin(sink, partition, 0) : part
  }

  #turnTo(sink: Sink): void {
    let open = this.#open.get(sink)
    if (open === undefined) this.#open.set(sink, (open = []))
    this.#sink = sink
    this.#openOfSink = open
  }

  /** Begins a batch that takes fields of so many bytes, whatever the topic takes by now: the commit will see. */
  #begin(sink: Sink, partition: number, fields: number): PartitionOutputs {
    const { compression = 'none', recordBytesMax } = sink
    const maxBytes = Math.max(recordBytesMax, aloneBytesOf(fields))
    const part = { sink, partition, batch: new BatchBuilder({ compression, maxBytes, firstBytes }) }
    this.#parts.push(part)
    this.#openOfSink[partition] = part
    return part
  }
}

/** Another batch is begun behind this size, even where its topic takes larger ones. */
export const batchBytes: number = 1024 * 1024

/** Little: each task has a batch for each partition that it writes to. */
const firstBytes = 1024
