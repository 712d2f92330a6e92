import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { Random } from '../../contracts/random.ts'
import type { Logs } from '../../log/logs.ts'
import { BatchStager } from './batch-stager.ts'
import type { Catalog } from './catalog.ts'
import { openCoordinators } from './coordinators.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import { Lifetime } from './lifetime.ts'
import type { Partitions } from './partitions.ts'
import { ProducerIds } from './producer-ids.ts'

/** Offsets of a partition that its next owner will write before anything else: the ends of what was open. */
export interface Foretold extends TopicPartition {
  readonly topicId: string
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

/** What a directory comes to when its next owner opens it. */
export interface NextOwner {
  readonly groups: GroupCoordinator
  readonly foretold: readonly Foretold[]
}

export interface NextOwnerParts {
  readonly catalog: Catalog
  readonly logs: Logs
  readonly partitions: Partitions
  readonly clock: Clock
  readonly random: Random
}

/**
 * Does with recovered logs what their next owner does first, and nothing more: open transactions are aborted, decided
 * ones completed, members have left. The logs are written to: theirs must be a storage that is thrown away.
 *
 * **Guarantees** the next owner of the same files writes as many offsets to each partition.
 *
 * **Errors** what the next owner will be refused for.
 */
export const actAsNextOwner = async (parts: NextOwnerParts): Promise<E.Either<EngineFailure, NextOwner>> => {
  const { catalog, logs, partitions, clock, random } = parts
  const ends = new Map(Array.from(logs.all, (log) => [log.name, log.endOffset]))
  const coordinators = await openCoordinators({
    lifetime: new Lifetime('a look at a directory'),
    partitions,
    producerIds: new ProducerIds(catalog),
    newStager: () => new BatchStager(partitions, clock),
    clock,
    random,
    commit: () => logs.commit(),
  })
  if (coordinators._tag === 'Left') return coordinators
  const { groups, stop } = coordinators.right
  stop()
  const foretold = Array.from(logs.all, ({ topic, partition, topicId, name, endOffset }): Foretold => {
    return { topic, partition, topicId, from: ends.get(name) ?? endOffset, to: endOffset }
  })
  return E.right({ groups, foretold: foretold.filter(({ topic, from, to }) => from < to && !topic.startsWith('__')) })
}

/** Whether one of the partitions has not come as far as it will once its owner is there: it is at work on that. */
export const isOpening = (foretold: readonly Foretold[], partitions: Partitions): boolean =>
  foretold.some(({ topicId, from, to, ...at }) => {
    const log = partitions.find(at)
    if (log._tag === 'Left' || log.right.topicId !== topicId) return false
    const { highWatermark } = log.right
    return from <= highWatermark && highWatermark < to
  })
