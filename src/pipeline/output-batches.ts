import { BatchBuilder } from '../batch/batch-builder.ts'
import type { UnsealedBatch } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { DonePrefix } from './done-prefix.ts'
import type { StateWrite } from './gather.ts'
import type { OutputLog } from './output-log.ts'
import type { OutputTopic, RunTopics } from './run-topics.ts'

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
    for (let at = 0; at < outputs.count; at++) this.#output(task, outputs, at)
    for (const write of lastOfEach(writes)) this.#change(task, write, now)
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

  #output(task: number, outputs: OutputLog, at: number): void {
    const topic = this.#topics.outputs.get(outputs.sinkOf(at).topic) as OutputTopic
    // without a key the task's own number: a replay writes it to the same place
    const partition = outputs.partitionOf(at, topic.partitions, task % topic.partitions)
    const builder = this.#builder(topic, partition)
    if (!outputs.addTo(builder, at)) {
      if (builder.count > 0) this.#close(topic, partition, builder)
      if (!outputs.addTo(builder, at)) throw tooLarge(topic)
    }
    if (builder.sizeBytes > batchBytes) this.#close(topic, partition, builder)
  }

  #change(task: number, { store, key, value }: StateWrite, now: number): void {
    const topic = this.#topics.changelogs.get(store.declaration.name) as OutputTopic
    const builder = this.#builder(topic, task)
    if (builder.add(key, value ?? null, noHeaders, now)) return
    if (builder.count > 0) this.#close(topic, task, builder)
    if (!builder.add(key, value ?? null, noHeaders, now)) throw tooLarge(topic)
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

/** A batch is closed at this size, even where its topic takes larger ones. */
const batchBytes = 1024 * 1024

const tooLarge = ({ topic, recordBytesMax }: OutputTopic): MillraceError =>
  new MillraceError(
    engineFailure(
      'record-too-large',
      `topic '${topic}' takes ${recordBytesMax} bytes by now, and what is to be committed has a record of more: raise its 'max.message.bytes' again`,
    ),
  )

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()

/** Of several changes of one key only the last is worth writing. */
const lastOfEach = (writes: readonly StateWrite[]): readonly StateWrite[] => {
  if (writes.length < 2) return writes
  const last = new Map<string, StateWrite>()
  for (const write of writes) last.set(`${write.store.declaration.name}/${write.text}`, write)
  return [...last.values()]
}
