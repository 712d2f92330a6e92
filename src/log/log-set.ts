import { partitionName, type TopicPartition } from '../contracts/position.ts'
import type { PartitionLog } from './partition-log.ts'

/** The partitions of a directory by their names, and which of those that were here are deleted. */
export class LogSet {
  readonly #logs = new Map<string, PartitionLog>()
  readonly #removed = new WeakSet<PartitionLog>()

  get all(): Iterable<PartitionLog> {
    return this.#logs.values()
  }

  get(of: TopicPartition): PartitionLog | undefined {
    return this.#logs.get(partitionName(of))
  }

  add(log: PartitionLog): void {
    this.#logs.set(log.name, log)
  }

  remove(log: PartitionLog): void {
    this.#logs.delete(log.name)
    this.#removed.add(log)
  }

  isRemoved(log: PartitionLog): boolean {
    return this.#removed.has(log)
  }
}
