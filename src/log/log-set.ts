import type { TopicPartition } from '../contracts/position.ts'
import type { PartitionLog } from './partition-log.ts'

/** The partitions of a directory by topic and number, and which of those that were here are deleted. */
export class LogSet {
  readonly #topics = new Map<string, Map<number, PartitionLog>>()
  readonly #removed = new WeakSet<PartitionLog>()

  get all(): Iterable<PartitionLog> {
    return this.#each()
  }

  get({ topic, partition }: TopicPartition): PartitionLog | undefined {
    return this.#topics.get(topic)?.get(partition)
  }

  add(log: PartitionLog): void {
    const of = this.#topics.get(log.topic)
    if (of === undefined) this.#topics.set(log.topic, new Map([[log.partition, log]]))
    else of.set(log.partition, log)
  }

  remove(log: PartitionLog): void {
    const of = this.#topics.get(log.topic)
    of?.delete(log.partition)
    if (of?.size === 0) this.#topics.delete(log.topic)
    this.#removed.add(log)
  }

  isRemoved(log: PartitionLog): boolean {
    return this.#removed.has(log)
  }

  *#each(): Generator<PartitionLog> {
    for (const of of this.#topics.values()) yield* of.values()
  }
}
