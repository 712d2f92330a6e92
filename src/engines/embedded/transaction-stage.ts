import * as E from 'fp-ts/lib/Either.js'
import type { Appended, CommittedOffset, GroupToken, UnsealedBatch } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { PartitionLog } from '../../log/partition-log.ts'
import type { GroupReply } from '../../protocol/broker/group-command.ts'
import type { TransactionReply } from '../../protocol/broker/transaction-messages.ts'
import type { GivenIdentity } from '../../protocol/client/transaction.ts'
import type { FailureSource } from '../../protocol/client/transaction-failure.ts'
import { internalTopics } from '../internal-topics.ts'
import type { BatchStager } from './batch-stager.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import { uncommittable } from './groups.ts'
import type { Partitions } from './partitions.ts'
import type { TransactionCoordinator } from './transaction-coordinator.ts'
import { unanswered } from './transaction-failures.ts'

/** What a transaction may have staged before its appends wait for the log: memory is bounded. */
const stagedBytesMax = 4 * 1024 * 1024

const offsetsPartition: TopicPartition = { topic: internalTopics.offsets, partition: 0 }
const offsetsAlone = ['offsets'] as const
const nothing: E.Either<never, void> = E.right(undefined)

export interface TransactionStageParts {
  readonly transactionalId: string
  readonly partitions: Partitions
  readonly stager: BatchStager
  readonly coordinator: TransactionCoordinator
  readonly groups: GroupCoordinator
}

/** Why something was not staged, and whose word that is. */
export interface SendRefusal {
  readonly from: FailureSource
  readonly failure: EngineFailure
}

const refused = (from: FailureSource, failure: EngineFailure): E.Either<SendRefusal, never> => E.left({ from, failure })

/** What one transaction has staged: its batches, its offsets, and the partitions that are part of it. */
export class TransactionStage {
  readonly #parts: TransactionStageParts
  readonly #added = new Set<PartitionLog | 'offsets'>()
  #stagedBytes = 0

  constructor(parts: TransactionStageParts) {
    this.#parts = parts
  }

  /** Whether so much is staged that it should be written before there is more. */
  get isLarge(): boolean {
    return this.#stagedBytes >= stagedBytesMax
  }

  written(): void {
    this.#stagedBytes = 0
  }

  /** The next transaction may come. */
  restart(): void {
    this.#added.clear()
    this.#stagedBytes = 0
    this.#parts.stager.restart()
  }

  batches(batches: readonly UnsealedBatch[], identity: GivenIdentity): E.Either<SendRefusal, readonly Appended[]> {
    const { stager } = this.#parts
    const logs = stager.locate(batches)
    if (logs._tag === 'Left') return refused('partition', logs.left)
    const added = this.#add(logs.right, identity)
    if (added._tag === 'Left') return added
    const signature = { producerId: identity.producerId, producerEpoch: identity.epoch, transactional: true }
    const appended: Appended[] = []
    for (let index = 0; index < batches.length; index++) {
      const batch = batches[index] as UnsealedBatch
      const log = logs.right[index] as PartitionLog
      const staged = stager.stage(log, batch, signature)
      if (staged._tag === 'Left') return refused('partition', staged.left)
      this.#stagedBytes += batch.bytes.length
      appended.push(staged.right)
    }
    return E.right(appended)
  }

  offsets(
    { group, generation, memberId, instanceId }: GroupToken,
    offsets: readonly CommittedOffset[],
    identity: GivenIdentity,
  ): E.Either<SendRefusal, void> {
    const wrong = uncommittable(this.#parts.partitions, offsets)
    if (wrong !== undefined) return refused('coordinator', wrong)
    const added = this.#add(offsetsAlone, identity)
    if (added._tag === 'Left') return added
    let reply: GroupReply | undefined
    const { groups } = this.#parts
    const { producerId, epoch: producerEpoch } = identity
    const from = { generation, memberId, instanceId, producerId, producerEpoch }
    const changed = groups.changed(group, offsets)
    groups.ask(group, { _tag: 'commit-in-transaction', ...from, offsets: changed }, (answer) => {
      reply = answer
    })
    if (reply?._tag === 'done') return nothing
    const failure = reply?._tag === 'refused' ? reply.failure : unanswered(this.#parts.transactionalId)
    return refused('coordinator', failure)
  }

  /** Makes partitions part of the transaction, if they are not yet. */
  #add(keys: readonly (PartitionLog | 'offsets')[], identity: GivenIdentity): E.Either<SendRefusal, void> {
    const partitions: TopicPartition[] = []
    for (const key of keys)
      if (!this.#added.has(key))
        partitions.push(key === 'offsets' ? offsetsPartition : { topic: key.topic, partition: key.partition })
    if (partitions.length === 0) return nothing
    const { coordinator, transactionalId } = this.#parts
    let reply: TransactionReply | undefined
    const asked = { _tag: 'addPartitions' as const, ...identity, partitions }
    coordinator.ask(transactionalId, asked, (answer) => {
      reply = answer
    })
    if (reply?._tag !== 'added')
      return refused('coordinator', reply?._tag === 'refused' ? reply.failure : unanswered(transactionalId))
    for (const key of keys) this.#added.add(key)
    return nothing
  }
}
