import type { EngineFailure } from '../../contracts/failure.ts'
import type { Step } from '../step.ts'
import type { AlterAnswer, AlterPartition } from './alter-partition.ts'
import type { EpochStart } from './leader-epochs.ts'
import type { PartitionRegistration } from './partition-registration.ts'
import type { Replica } from './replica-state.ts'

/** -1: when all in-sync replicas have it; 1: when the leader has; 0: never answered. */
export type Acks = -1 | 0 | 1

/** A follower asks its leader for what comes after its log. */
export interface FollowerFetch {
  /** Which of this broker's it is, in this life of its. */
  readonly ticket: number
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly leaderEpoch: number
  readonly offset: number
  readonly logStart: number
  /** Of the last record before `offset`; undefined where the log knows none. */
  readonly lastFetchedEpoch: number | undefined
}

/** Why a fetch of a follower is not served. Nothing follows from it but to ask again, once metadata has come. */
export type FetchRefusal =
  | 'not-leader'
  | 'fenced-leader-epoch'
  | 'unknown-leader-epoch'
  | 'not-a-replica'
  | 'stale-broker-epoch'

/** A leader's answer. `served`: the batches from `offset` on, as many as the driver sees fit, as they lie in the log now. */
export type FetchAnswer =
  | { readonly _tag: 'served'; readonly offset: number; readonly highWatermark: number; readonly logStart: number }
  /** The logs part at `endOffset` of `epoch`, or before. */
  | { readonly _tag: 'diverging'; readonly epoch: number; readonly endOffset: number }
  | { readonly _tag: 'outOfRange'; readonly logStart: number; readonly logEnd: number }
  | { readonly _tag: 'refused'; readonly reason: FetchRefusal }

/** A leader's answer as it reaches the follower, with what the driver saw in the batches that came along. */
export type FetchedAnswer =
  | Exclude<FetchAnswer, { readonly _tag: 'served' }>
  | (Extract<FetchAnswer, { readonly _tag: 'served' }> & {
      /** Where the log ends with these batches; `offset`, if there are none. */
      readonly endOffset: number
      /** The leader epoch and base offset of each batch; those that repeat the epoch before may be left out. */
      readonly epochs: readonly EpochStart[]
    })

/** `now` (ms) never goes back. */
export type ReplicaCommand = { readonly now: number } & (
  | { readonly _tag: 'configured'; readonly minInsyncReplicas: number }
  /** The controller has published it. Older ones than known are ignored. */
  | { readonly _tag: 'registered'; readonly registration: PartitionRegistration }
  /** Which brokers may be in sync, by the controller's metadata. */
  | { readonly _tag: 'brokersChanged'; readonly active: Replica['active'] }
  /**
   * The leader's log was appended to, in the same turn as `admitAppend` allowed it. `produce`: who is answered, and up
   * to where its records go; for a repeated batch the original ones, so that the log may end where it did.
   */
  | {
      readonly _tag: 'appended'
      readonly leaderEpoch: number
      readonly endOffset: number
      readonly produce?: {
        readonly request: number
        readonly acks: Acks
        readonly endOffset: number
        readonly deadline: number
      }
    }
  /** To a leader. */
  | { readonly _tag: 'fetch'; readonly fetch: FollowerFetch }
  /** A follower may fetch again: voids the fetch before, so that its answer, should it still come, is ignored. */
  | { readonly _tag: 'fetchNext' }
  | { readonly _tag: 'fetched'; readonly fetch: FollowerFetch; readonly answer: FetchedAnswer }
  | { readonly _tag: 'alterAnswered'; readonly asked: AlterPartition; readonly answer: AlterAnswer }
  /** No answer will come any more: the request may or may not have arrived. */
  | { readonly _tag: 'alterLost'; readonly asked: AlterPartition }
  /** Time has passed. */
  | { readonly _tag: 'tick' }
  /** Records were deleted up to `startOffset`, which is at most the high watermark. */
  | { readonly _tag: 'startRaised'; readonly startOffset: number }
  /** The broker shuts down, or its disk has failed. It is something again once the controller decides anew. */
  | { readonly _tag: 'stopped' }
)

/** What is to be done, in this order, before the next command. */
export type ReplicaEffect =
  /** To a produce request; undefined: it is acknowledged. */
  | { readonly _tag: 'answerProduce'; readonly request: number; readonly failure: EngineFailure | undefined }
  | { readonly _tag: 'highWatermark'; readonly offset: number }
  | { readonly _tag: 'alterPartition'; readonly asked: AlterPartition }
  | { readonly _tag: 'answerFetch'; readonly fetch: FollowerFetch; readonly answer: FetchAnswer }
  /** To the leader `to`. Answered by `fetched`; void after the next `fetchNext`. */
  | { readonly _tag: 'sendFetch'; readonly to: number; readonly fetch: FollowerFetch }
  /** The batches of the answer just given. */
  | { readonly _tag: 'append'; readonly endOffset: number }
  /** Cut the log, with all that is derived from it, to end at `endOffset`. */
  | { readonly _tag: 'truncate'; readonly endOffset: number }
  /** Drop everything and begin an empty log at `startOffset`. */
  | { readonly _tag: 'restartLog'; readonly startOffset: number }
  /** Delete records below `startOffset`, as the leader has. */
  | { readonly _tag: 'raiseStart'; readonly startOffset: number }

export type ReplicaStep = Step<Replica, ReplicaEffect>

export const nothing = (replica: Replica): ReplicaStep => [replica, []]
