import type { TopicPartition } from '../../contracts/position.ts'
import { answer, type Decision, refuse, write } from './transaction-decision.ts'
import type { Known } from './transaction-init.ts'
import type { AddPartitions } from './transaction-messages.ts'
import { identityAfter, isPrepared, type ProducerIdentity, type TransactionRecord } from './transaction-state.ts'

const added = { _tag: 'added' } as const

/** Makes partitions part of the transaction; nothing is written for those that are part of it already. */
export const decideAdd = (known: Known, request: AddPartitions): Decision => {
  const { record, transactionalId } = known
  const owner = record === undefined ? undefined : ownerOf(record)
  if (
    record === undefined ||
    owner === undefined ||
    (record.producerId !== request.producerId && owner.producerId !== request.producerId)
  ) {
    return refuse(
      'invalid-producer-id-mapping',
      `producer ${request.producerId} does not own transactional id "${transactionalId}": close this producer`,
    )
  }
  if (owner.producerId !== request.producerId || owner.epoch !== request.epoch) {
    return refuse(
      'producer-fenced',
      `transactional id "${transactionalId}" is at epoch ${owner.epoch}, not at ${request.epoch}: close this producer`,
    )
  }
  if (known.busy || isPrepared(record)) {
    return refuse('concurrent-transactions', `transactional id "${transactionalId}" is changing: try again`)
  }
  const ongoing = record.phase === 'Ongoing'
  const partitions = union(ongoing ? record.partitions : [], request.partitions)
  if (ongoing && partitions === record.partitions) return answer(added)
  const next: TransactionRecord = {
    ...record,
    phase: 'Ongoing',
    previousProducerId: record.producerId,
    partitions,
    startedAtMs: ongoing ? record.startedAtMs : request.now,
    updatedAtMs: request.now,
  }
  return write(next, added, { lastEpoch: known.lastEpoch })
}

/** Whom the coordinator expects: while a transaction ends, whoever goes on after it. */
const ownerOf = (record: TransactionRecord): ProducerIdentity => (isPrepared(record) ? identityAfter(record) : record)

/** `known` itself where nothing is new. */
const union = (known: readonly TopicPartition[], asked: readonly TopicPartition[]): readonly TopicPartition[] => {
  const all = [...known]
  for (const partition of asked) if (!all.some((p) => isSame(p, partition))) all.push(partition)
  return all.length === known.length ? known : all
}

export const isSame = (a: TopicPartition, b: TopicPartition): boolean =>
  a.partition === b.partition && a.topic === b.topic
