import type { FailureCode } from '../../../contracts/failure.ts'
import type { Group, GroupPhase } from '../../../protocol/broker/group-state.ts'
import type { PartitionRegistration } from '../../../protocol/broker/partition-registration.ts'
import type { Replica } from '../../../protocol/broker/replica-state.ts'
import type { TransactionPhase } from '../../../protocol/broker/transaction-state.ts'
import type { PartitionOfTopic } from '../wire.ts'
import type { ReplicaLog } from './replica-log.ts'

/** A partition at one broker, as it is seen by whoever watches. */
export interface ObservedReplica extends PartitionOfTopic {
  readonly name: string
  readonly log: ReplicaLog
  readonly replica: Replica
  readonly highWatermark: number
  readonly lastStableOffset: number
}

/** What a run may come into, worth knowing that it did: a promise that was never put to the test says little. */
export type Situation =
  | FailureCode
  | 'duplicate recognised'
  | 'truncated'
  | 'isr shrunk'
  | 'isr grown'
  | 'leader changed'
  | 'unclean election'
  | 'marker repeated'
  | 'transaction timed out'
  /** Whoever coordinated a transactional id, or a group, does not any more; `writing`: what was not known to be durable. */
  | `transaction moved in ${TransactionPhase}`
  | `transaction moved writing ${TransactionPhase}`
  | `group moved in ${GroupPhase}`
  | 'group moved with undecided offsets'
  /** A process was killed just before or after it sent something. */
  | `crash ${'before' | 'after'} ${string}`
  | 'sequence wrapped'
  | 'epoch exhausted'
  | 'no answer'

/** Hears of what happens inside of a cluster while it happens; nothing of the cluster's may follow from it. */
export interface Observer {
  /** A replica has, or may have, changed. */
  readonly stepped: (hosted: ObservedReplica) => void
  /** A client is about to be told that all that it asked for have its records, those before `endOffset`. */
  readonly acknowledged: (hosted: ObservedReplica, endOffset: number) => void
  /** The controller has decided something about a partition. */
  readonly registered: (partition: PartitionOfTopic, was: PartitionRegistration, is: PartitionRegistration) => void
  /** A group has changed, at its coordinator. */
  readonly grouped: (group: Group) => void
  readonly reached: (situation: Situation) => void
}

/** Who watches, if anybody does. */
export interface Watched {
  by: Observer | undefined
}
