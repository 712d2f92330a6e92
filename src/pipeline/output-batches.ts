import { BatchBuilder, type WrittenFields } from '../batch/batch-builder.ts'
import { headerBytes, lastOffsetDeltaOf } from '../batch/record-batch.ts'
import type { Appended, UnsealedBatch } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { Position } from '../contracts/position.ts'
import { headersOf } from '../store/changelog-record.ts'
import type { DonePrefix } from './done-prefix.ts'
import type { OutputTopic, RunTopics } from './run-topics.ts'
import { batchBytes, type PartitionOutputs } from './task-outputs.ts'
import type { StateWrite } from './task-store.ts'

/** Batches of what several tasks have done, each partition's in order. */
export class OutputBatches {
  readonly #topics: RunTopics
  readonly #open = new Map<OutputTopic, (BatchBuilder | undefined)[]>()
  #full: UnsealedBatch[] = []

  constructor(topics: RunTopics) {
    this.#topics = topics
  }

  /**
   * Adds what `task` has done; state changes with this timestamp.
   *
   * **Errors** throws {@link MillraceError} `record-too-large` where a topic takes less by now than one record needs.
   */
  add(task: number, { outputs, writes }: DonePrefix, now: number): void {
    for (const part of outputs.parts) if (part.batch.count > 0) this.#outputs(part)
    for (const write of writes) if (!write.isSuperseded) this.#change(task, write, now)
  }

  /** All that was added; begins anew. */
  build(): readonly UnsealedBatch[] {
    for (const [topic, builders] of this.#open)
      for (const [partition, builder] of builders.entries())
        if (builder !== undefined && builder.count > 0) this.#close(topic, partition, builder)
    const built = this.#full
    this.#full = []
    return built
  }

  /** What is large is a batch as it is; what is small goes into one with what other tasks have for the partition. */
  #outputs({ sink, partition, batch }: PartitionOutputs): void {
    const topic = this.#topics.outputs.get(sink.topic) as OutputTopic
    const builder = this.#builder(topic, partition)
    if (batch.sizeBytes < aloneBytes || batch.sizeBytes > topic.recordBytesMax) {
      for (let at = headerBytes; at < batch.sizeBytes; ) at = this.#output(topic, partition, builder, batch.written(at))
      return
    }
    if (builder.count > 0) this.#close(topic, partition, builder)
    this.#full.push({ topic: topic.topic, partition, bytes: batch.copy() })
  }

  /** Answers where the next one is. */
  #output(topic: OutputTopic, partition: number, builder: BatchBuilder, one: WrittenFields): number {
    const { bytes, from, to, timestamp } = one
    if (!builder.addFields(bytes, from, to, timestamp)) {
      if (builder.count > 0) this.#close(topic, partition, builder)
      if (!builder.addFields(bytes, from, to, timestamp)) throw tooLarge(topic)
    }
    if (builder.sizeBytes > batchBytes) this.#close(topic, partition, builder)
    return to
  }

  #change(task: number, { store, key, value, expiresAt }: StateWrite, now: number): void {
    const topic = this.#topics.changelogs.get(store.declaration.name) as OutputTopic
    const builder = this.#builder(topic, task)
    const headers = headersOf(expiresAt)
    if (builder.add(key, value ?? null, headers, now)) return
    if (builder.count > 0) this.#close(topic, task, builder)
    if (!builder.add(key, value ?? null, headers, now)) throw tooLarge(topic)
  }

  #builder(topic: OutputTopic, partition: number): BatchBuilder {
    let builders = this.#open.get(topic)
    if (builders === undefined) this.#open.set(topic, (builders = []))
    const { compression, recordBytesMax } = topic
    return (builders[partition] ??= new BatchBuilder({ compression, maxBytes: recordBytesMax }))
  }

  #close({ topic }: OutputTopic, partition: number, builder: BatchBuilder): void {
    this.#full.push({ topic, partition, bytes: builder.build() })
  }
}

/** From this size on a batch of one task's outputs is not put together with others': what it costs is small beside them. */
const aloneBytes = 16 * 1024

const tooLarge = ({ topic, recordBytesMax }: OutputTopic): MillraceError =>
  new MillraceError(
    engineFailure(
      'record-too-large',
      `topic '${topic}' takes ${recordBytesMax} bytes by now, and what is to be committed has a record of more: raise its 'max.message.bytes' again`,
    ),
  )

/** How many offsets each takes: to be asked before they are handed over. */
export const countsOf = (batches: readonly UnsealedBatch[]): readonly number[] =>
  batches.map(({ bytes }) => lastOffsetDeltaOf(bytes) + 1)

/** Where what was appended ends. */
export const endsOf = (appended: readonly Appended[], counts: readonly number[]): readonly Position[] =>
  appended.map(({ topic, partition, offset }, index) => ({ topic, partition, offset: offset + (counts[index] ?? 0) }))
