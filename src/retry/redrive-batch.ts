import { BatchBuilder } from '../batch/batch-builder.ts'
import { aloneBytes } from '../batch/record-size.ts'
import type { RawRecord } from '../codec/dead-letter.ts'
import type { TopicDescription, UnsealedBatch } from '../contracts/engine.ts'
import { partitionName, type TopicPartition } from '../contracts/position.ts'
import { messageBytesDefault } from '../contracts/topic.ts'

type Fields = Pick<RawRecord, 'key' | 'value' | 'headers' | 'timestamp'>

/** What one transaction writes: batches of records, a partition's in the order in which they came. */
export class RedriveBatch {
  readonly #full: UnsealedBatch[] = []
  readonly #open = new Map<string, { readonly to: TopicPartition; readonly builder: BatchBuilder }>()
  #records = 0
  #sizeBytes = 0

  get records(): number {
    return this.#records
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Adds a record that fits `topic`. */
  add(topic: TopicDescription, partition: number, { key, value, headers, timestamp }: Fields): void {
    const to = { topic: topic.name, partition }
    const name = partitionName(to)
    const open = this.#open.get(name)
    this.#records += 1
    this.#sizeBytes += aloneBytes(key, value, headers)
    if (open?.builder.add(key, value, headers, timestamp)) return
    if (open !== undefined) this.#full.push({ ...open.to, bytes: open.builder.build() })
    const compression = topic.config['compression.type'] ?? 'none'
    const builder = new BatchBuilder({
      compression: compression === 'producer' ? 'none' : compression,
      maxBytes: topic.config['max.message.bytes'] ?? messageBytesDefault,
    })
    builder.addFirst(key, value, headers, timestamp)
    this.#open.set(name, { to, builder })
  }

  /** All that was added. */
  build(): readonly UnsealedBatch[] {
    const rest = Array.from(this.#open.values(), ({ to, builder }) => ({ ...to, bytes: builder.build() }))
    return [...this.#full, ...rest]
  }
}
