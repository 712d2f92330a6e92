import type { IsrMember } from './alter-partition.ts'
import { type LeaderEpochs, truncateEpochsFromEnd, truncateEpochsFromStart } from './leader-epochs.ts'

/** What the machine knows of its log; the batches lie with the driver. */
export interface ReplicaLog {
  readonly start: number
  /** The next offset to write. */
  readonly end: number
  readonly epochs: LeaderEpochs
  /** Everything below is committed, as far as this replica has heard. Exclusive. */
  readonly highWatermark: number
}

export interface ReplicaSettings {
  readonly minInsyncReplicas: number
  /** How long a follower may lag before its leader wants it out of the ISR: 30 s in Kafka. */
  readonly replicaLagTimeMaxMs: number
}

/** What a leader knows of another replica, from its fetches. */
export interface FollowerProgress {
  /** All below it is the same there as here. -1 while it has not fetched from this leader. */
  readonly logEnd: number
  readonly logStart: number
  readonly lastFetch: number | undefined
  /** Where the leader's log ended at that fetch. */
  readonly leaderEndAtLastFetch: number
  /** When it last had all that there was; undefined for never. */
  readonly lastCaughtUp: number | undefined
  readonly brokerEpoch: number | undefined
}

/** An AlterPartition that was sent and whose outcome is not known. */
export interface PendingIsr {
  readonly ticket: number
  readonly isr: readonly IsrMember[]
  /** Whoever may be in sync at the controller by now, whatever came of the request. */
  readonly maximal: readonly number[]
  /** It was sent more than once, so that a refusal of one copy says nothing about the others. */
  readonly repeated: boolean
}

/** A produce request with acks=all, waiting for the high watermark. */
export interface WaitingProduce {
  readonly request: number
  readonly endOffset: number
  readonly deadline: number
}

export interface Leading {
  readonly _tag: 'leading'
  /** Where the log ended when this leader's epoch began. */
  readonly epochStart: number
  /** The committed ISR. */
  readonly isr: readonly number[]
  readonly pending: PendingIsr | undefined
  readonly followers: ReadonlyMap<number, FollowerProgress>
  readonly waiting: readonly WaitingProduce[]
}

export interface Following {
  readonly _tag: 'following'
  readonly leader: number | undefined
  /** The fetch whose answer counts. */
  readonly fetch: number | undefined
}

export type ReplicaRole = Leading | Following | { readonly _tag: 'idle' }

/** One broker's replica of one partition, for as long as the broker keeps its epoch. Plain data, never changed in place. */
export interface Replica<Role extends ReplicaRole = ReplicaRole> {
  /** For messages: `orders-0`. */
  readonly name: string
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly settings: ReplicaSettings
  readonly log: ReplicaLog
  readonly role: Role
  readonly replicas: readonly number[]
  /** -1, both of them, until the controller has told of the partition. */
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  /** Epochs of the brokers that the controller says may be in sync. */
  readonly active: ReadonlyMap<number, number>
  readonly nextTicket: number
}

export type LeadingReplica = Replica<Leading>

export const isLeading = (replica: Replica): replica is LeadingReplica => replica.role._tag === 'leading'

/** What recovery found; the high watermark is the checkpointed one, and may be old, or beyond the end. */
export type LoadedReplica = Pick<Replica, 'name' | 'brokerId' | 'brokerEpoch' | 'settings' | 'log'>

/** A replica as it is after a start: it does nothing until the controller has told it what it is. */
export const loadReplica = (loaded: LoadedReplica): Replica => ({
  ...loaded,
  log: truncateLog(loaded.log, loaded.log.end),
  role: { _tag: 'idle' },
  replicas: [],
  leaderEpoch: -1,
  partitionEpoch: -1,
  active: new Map(),
  nextTicket: 0,
})

/** The log without what lies at or behind `endOffset`. */
export const truncateLog = ({ start, epochs, highWatermark }: ReplicaLog, endOffset: number): ReplicaLog => ({
  start,
  end: endOffset,
  epochs: truncateEpochsFromEnd(epochs, endOffset),
  highWatermark: clamp(highWatermark, start, endOffset),
})

/** The log without what lies before `startOffset`. */
export const trimLog = (log: ReplicaLog, startOffset: number): ReplicaLog =>
  startOffset <= log.start
    ? log
    : { ...log, start: startOffset, epochs: truncateEpochsFromStart(log.epochs, startOffset) }

export const clamp = (offset: number, start: number, end: number): number => Math.min(Math.max(offset, start), end)
