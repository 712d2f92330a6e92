import type {
  CommittedOffset,
  GroupDescription,
  GroupToken,
  Isolation,
  OffsetAt,
  TopicSpec,
} from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { Position, TopicPartition } from '../../contracts/position.ts'
import type { TopicConfigChanges } from '../../contracts/topic.ts'
import type { AlterAnswer, AlterPartition } from '../../protocol/broker/alter-partition.ts'
import type { GroupReply } from '../../protocol/broker/group-command.ts'
import type { PartitionRegistration } from '../../protocol/broker/partition-registration.ts'
import type { FetchAnswer, FollowerFetch } from '../../protocol/broker/replica-messages.ts'
import type { ProducerIdentity } from '../../protocol/broker/transaction-state.ts'
import type { MemberRequest } from '../../protocol/client/group-member-state.ts'
import type { ClusterOptions } from './cluster-options.ts'
import type { FetchedPartition } from './fetched-partition.ts'

/*
 * What goes over the virtual network, after Kafka's own requests: plain data, never changed by who gets it. Batches are
 * shared between sender and receiver, and copied by a leader before it writes offsets into them.
 */

export interface TopicView extends TopicSpec {
  /** Another one each time the name is created anew. */
  readonly id: string
  readonly internal: boolean
  /** By partition number. */
  readonly layout: readonly PartitionRegistration[]
}

/** The cluster's metadata; one with a lower version is stale. */
export interface ClusterView {
  readonly version: number
  /** The brokers that may lead and be in sync, with their epochs. */
  readonly brokers: ReadonlyMap<number, number>
  readonly topics: ReadonlyMap<string, TopicView>
}

export type Acks = ClusterOptions['acks']

export interface ProducedBatch extends TopicPartition {
  /** Sealed by the client: producer id, epoch, sequence, CRC. */
  readonly bytes: Uint8Array
}

/** Where a batch lies, or why it does not (or may not). */
export type ProduceResult = TopicPartition &
  (
    | { readonly _tag: 'appended'; readonly offset: number; readonly timestamp: number }
    | { readonly _tag: 'refused'; readonly failure: EngineFailure; readonly unknownProducer: boolean }
  )

/** A partition of this very topic: its name may be another's by now. */
export interface PartitionOfTopic extends TopicPartition {
  readonly topicId: string
}

export interface Refused {
  readonly _tag: 'refused'
  readonly failure: EngineFailure
}

export interface Done {
  readonly _tag: 'done'
}

export interface Marked extends ProducerIdentity {
  readonly coordinatorEpoch: number
  readonly commit: boolean
  readonly partitions: readonly TopicPartition[]
}

/** Every request, with its answer. */
export interface Api {
  // of clients, to any broker
  readonly metadata: readonly [Record<never, never>, ClusterView]
  readonly allocateProducerId: readonly [
    Record<never, never>,
    ({ readonly _tag: 'identity' } & ProducerIdentity) | Refused,
  ]
  // of clients, to a partition's leader
  readonly produce: readonly [
    {
      readonly acks: Acks
      readonly transactionalId?: string
      readonly timeoutMs: number
      readonly batches: readonly ProducedBatch[]
    },
    readonly ProduceResult[],
  ]
  readonly fetch: readonly [
    {
      readonly positions: readonly (Position & { readonly leaderEpoch?: number })[]
      readonly isolation: Isolation
      readonly maxBytes: number
      readonly maxWaitMs: number
    },
    readonly FetchedPartition[],
  ]
  readonly listOffsets: readonly [
    {
      readonly queries: readonly (TopicPartition & { readonly at: OffsetAt | 'high-watermark' })[]
      readonly isolation: Isolation
    },
    readonly (Position | (TopicPartition & { readonly failure: EngineFailure }))[],
  ]
  readonly deleteRecords: readonly [
    { readonly before: readonly Position[] },
    readonly (Position | (TopicPartition & { readonly failure: EngineFailure }))[],
  ]
  // of clients, to the transaction coordinator of the id
  readonly initProducerId: readonly [
    { readonly transactionalId: string; readonly timeoutMs: number; readonly identity?: ProducerIdentity },
    ({ readonly _tag: 'identity' } & ProducerIdentity) | Refused,
  ]
  readonly endTransaction: readonly [
    { readonly transactionalId: string; readonly commit: boolean } & ProducerIdentity,
    ({ readonly _tag: 'identity' } & ProducerIdentity) | Refused,
  ]
  // of clients, to the coordinator of the group
  readonly group: readonly [
    { readonly group: string; readonly asked: Exclude<MemberRequest, { readonly _tag: 'count-partitions' }> },
    GroupReply,
  ]
  readonly commitOffsets: readonly [
    { readonly token: GroupToken; readonly offsets: readonly CommittedOffset[] },
    Done | Refused,
  ]
  readonly commitOffsetsInTransaction: readonly [
    {
      readonly transactionalId: string
      readonly token: GroupToken
      readonly offsets: readonly CommittedOffset[]
    } & ProducerIdentity,
    Done | Refused,
  ]
  readonly fetchOffsets: readonly [
    { readonly group: string; readonly partitions?: readonly TopicPartition[] },
    { readonly _tag: 'offsets'; readonly offsets: readonly CommittedOffset[] } | Refused,
  ]
  /** All groups that the asked broker coordinates, where none are named. */
  readonly describeGroups: readonly [
    { readonly groups?: readonly string[] },
    { readonly _tag: 'described'; readonly groups: readonly GroupDescription[] } | Refused,
  ]
  readonly deleteGroup: readonly [{ readonly group: string }, Done | Refused]
  // of clients, to the controller
  readonly createTopic: readonly [TopicSpec, { readonly _tag: 'created'; readonly topic: TopicView } | Refused]
  readonly growTopic: readonly [{ readonly topic: string; readonly partitions: number }, Done | Refused]
  readonly configureTopic: readonly [{ readonly topic: string; readonly changes: TopicConfigChanges }, Done | Refused]
  readonly deleteTopic: readonly [{ readonly topic: string }, Done | Refused]
  // of followers, to a leader
  readonly replicate: readonly [
    { readonly maxWaitMs: number; readonly fetches: readonly (PartitionOfTopic & { readonly fetch: FollowerFetch })[] },
    readonly (PartitionOfTopic & { readonly answer: FetchAnswer; readonly batches: readonly Uint8Array[] })[],
  ]
  // of coordinators and leaders, to each other
  readonly writeMarkers: readonly [Marked, readonly (TopicPartition & { readonly failure?: EngineFailure })[]]
  readonly addPartitions: readonly [
    { readonly transactionalId: string; readonly partitions: readonly TopicPartition[] } & ProducerIdentity,
    Done | Refused,
  ]
  // of brokers, to the controller
  readonly register: readonly [
    {
      readonly broker: number /** Which life of the broker it is. */
      readonly life: number
      readonly afterCleanShutdown: boolean
    },
    { readonly _tag: 'registered'; readonly brokerEpoch: number },
  ]
  /** The answer says whether the broker is fenced, and which version of the metadata is the newest. */
  readonly brokerHeartbeat: readonly [
    { readonly broker: number; readonly brokerEpoch: number; readonly knows: number; readonly wantsToStop: boolean },
    { readonly fenced: boolean; readonly mayStop: boolean; readonly version: number },
  ]
  readonly alterPartition: readonly [TopicPartition & { readonly asked: AlterPartition }, AlterAnswer]
  readonly allocateProducerIds: readonly [
    { readonly broker: number },
    { readonly _tag: 'block'; readonly first: number; readonly count: number },
  ]
  // of the controller, to brokers
  readonly publish: readonly [ClusterView, Done]
}

export type RequestName = keyof Api
export type RequestOf<N extends RequestName> = Api[N][0]
export type ReplyOf<N extends RequestName> = Api[N][1]

/** Who answers requests: each exactly once, now or later, for as long as it lives. */
export interface Server {
  readonly handle: <N extends RequestName>(name: N, request: RequestOf<N>, answer: (reply: ReplyOf<N>) => void) => void
}
