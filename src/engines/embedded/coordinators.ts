import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { Random } from '../../contracts/random.ts'
import { kafkaGroupSettings } from '../../protocol/broker/group-state.ts'
import { none } from '../../protocol/broker/producer-state.ts'
import { internalTopics } from '../internal-topics.ts'
import type { BatchStager } from './batch-stager.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { InternalLog } from './internal-log.ts'
import type { Lifetime } from './lifetime.ts'
import { abortLostTransactions, epochsIn } from './lost-transactions.ts'
import { Memberships } from './memberships.ts'
import type { Partitions } from './partitions.ts'
import type { ProducerIds } from './producer-ids.ts'
import { type Marker, TransactionCoordinator } from './transaction-coordinator.ts'
import { Transactions } from './transactions.ts'

/** Members are of this process: nobody else is on the way whom a first rebalance should wait for. */
const groupSettings = { ...kafkaGroupSettings, initialRebalanceDelayMs: 0 }

export interface CoordinatorsParts {
  readonly lifetime: Lifetime
  readonly partitions: Partitions
  readonly producerIds: ProducerIds
  readonly newStager: () => BatchStager
  readonly clock: Clock
  readonly random: Random
  readonly commit: () => Promise<E.Either<EngineFailure, void>>
}

/** Those who decide: about transactions and about groups. */
export interface Coordinators {
  readonly transactions: Transactions
  readonly groups: GroupCoordinator
  readonly memberships: Memberships
  readonly stop: () => void
}

/** Puts the coordinators to work on what the logs hold. Everybody who was there before is dead, and is treated so. */
export const openCoordinators = async (parts: CoordinatorsParts): Promise<E.Either<EngineFailure, Coordinators>> => {
  const { lifetime, partitions, clock, random, commit } = parts
  const logOf = (topic: string) => {
    const at = { topic, partition: 0 }
    return E.map((log: ConstructorParameters<typeof InternalLog>[1]) => new InternalLog(at, log, clock))(
      partitions.find(at),
    )
  }
  const transactionLog = logOf(internalTopics.transactions)
  if (transactionLog._tag === 'Left') return transactionLog
  const offsetLog = logOf(internalTopics.offsets)
  if (offsetLog._tag === 'Left') return offsetLog

  const groups = new GroupCoordinator({
    log: offsetLog.right,
    clock,
    settings: groupSettings,
    rebalancing: (group) => memberships.rebalancing(group),
  })
  const memberships = new Memberships({ engine: lifetime, coordinator: groups, partitions, clock, random, commit })
  const coordinator = new TransactionCoordinator({
    log: transactionLog.right,
    producerIds: parts.producerIds,
    clock,
    mark: (at, marker) => mark({ partitions, groups }, at, marker),
    isOpen: (at, marker) => isOpenIn(partitions, at, marker),
    timedOut: (transactionalId) => transactions.timedOut(transactionalId),
    finished: () => void commit(),
  })
  const transactions = new Transactions({
    coordinator,
    groups,
    partitions,
    newStager: parts.newStager,
    engine: lifetime,
    clock,
    commit,
  })

  const loaded = coordinator.load(epochsIn(partitions.all))
  if (loaded._tag === 'Left') return loaded
  const isKnown = (producerId: number) => coordinator.isEnding(producerId)
  const aborted = abortLostTransactions(partitions.all, { isKnown, now: clock.now() })
  if (aborted._tag === 'Left') return aborted
  // every transaction has ended now, so that the offsets of all are decided
  const ended = await commit()
  if (ended._tag === 'Left') return ended
  const read = groups.load()
  if (read._tag === 'Left') return read
  groups.start()
  // a crash may have come between the end of a topic and that of its offsets
  groups.forgetTopics((topic) => partitions.topic(topic)._tag === 'Left')
  const back = groups.setBack((at) => endOf(partitions, at))
  if (back._tag === 'Left') return back
  coordinator.start()
  const left = await commit()
  if (left._tag === 'Left') return left
  const stop = () => {
    groups.stop()
    coordinator.stop()
  }
  return E.right({ transactions, groups, memberships, stop })
}

/**
 * A loss of power may leave a partition behind the decision, with an earlier transaction of the producer open, or ahead of
 * it, with a later one. The data of each has the epoch below that of its marker.
 */
const isOpenIn = (partitions: Partitions, at: TopicPartition, { producerId, producerEpoch }: Marker): boolean => {
  const log = partitions.find(at)
  const entry = log._tag === 'Right' ? log.right.producers.get(producerId) : undefined
  return entry !== undefined && entry.openTransaction !== none && entry.epoch === producerEpoch - 1
}

/** Where a partition ends; of one that is not there, or cannot be read, nothing is known. */
const endOf = (partitions: Partitions, at: TopicPartition): number => {
  const log = partitions.find(at)
  return log._tag === 'Right' && log.right.damage === undefined ? log.right.endOffset : Number.POSITIVE_INFINITY
}

/** Stages the end of a transaction in one of its partitions; one that is gone needs none. */
const mark = (
  { partitions, groups }: { partitions: Partitions; groups: GroupCoordinator },
  at: TopicPartition,
  marker: Marker,
): E.Either<EngineFailure, void> => {
  const log = partitions.find(at)
  if (log._tag === 'Left') return E.right(undefined)
  const staged = log.right.stageMarker(marker)
  if (staged._tag === 'Left') return staged
  if (at.topic === internalTopics.offsets) groups.endTransaction(marker.producerId, marker.commit)
  return E.right(undefined)
}
