import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { Logs } from '../../log/logs.ts'
import type { PartitionLog } from '../../log/partition-log.ts'
import { unknownPartition, unknownTopic } from '../refusals.ts'
import type { Catalog, CatalogTopic } from './catalog.ts'

/** Where a reader finds the partitions. */
export interface PartitionFinder {
  readonly find: (at: TopicPartition) => E.Either<EngineFailure, PartitionLog>
}

/** Finds a partition's log, or says why there is none. */
export class Partitions implements PartitionFinder {
  readonly #catalog: Catalog
  readonly #logs: Logs

  constructor(catalog: Catalog, logs: Logs) {
    this.#catalog = catalog
    this.#logs = logs
  }

  /** Every partition there is, of whatever topic. */
  get all(): Iterable<PartitionLog> {
    return this.#logs.all
  }

  find(at: TopicPartition): E.Either<EngineFailure, PartitionLog> {
    const log = this.#logs.partition(at)
    return log === undefined ? E.left(this.#missing(at)) : E.right(log)
  }

  /** As {@link find}, for what users may write to. */
  findWritable(at: TopicPartition): E.Either<EngineFailure, PartitionLog> {
    if (!at.topic.startsWith('__')) return this.find(at)
    return E.left(
      engineFailure('invalid-topic', `topic '${at.topic}' is the engine's own: write to a topic that you created`),
    )
  }

  topic(name: string): E.Either<EngineFailure, CatalogTopic> {
    const found = this.#catalog.content.topics.find((topic) => topic.name === name)
    return found === undefined ? E.left(unknownTopic(name)) : E.right(found)
  }

  #missing(at: TopicPartition): EngineFailure {
    const topic = this.topic(at.topic)
    return topic._tag === 'Left' ? topic.left : unknownPartition(at, topic.right.partitions)
  }
}
