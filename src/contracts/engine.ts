import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Observable } from 'rxjs'
import type { EngineFailure } from './failure.ts'
import type { Position, TopicPartition } from './position.ts'
import type { StateDirectory } from './storage.ts'
import type { TopicConfig, TopicConfigChanges } from './topic.ts'

/** A call to an engine: nothing happens until it is run, and it never rejects. */
export type Call<A> = TaskEither<EngineFailure, A>

/**
 * The port that every engine stands behind: embedded, Apache Kafka, simulated.
 *
 * Records cross it as RecordBatch v2 bytes. Whoever writes one holds it to `engineConformance` of
 * `millrace/testing`.
 */
export interface Engine {
  /** For messages: `file:./data`, `kafka://host:9092`. */
  readonly name: string
  readonly features: EngineFeatures
  readonly topics: Topics
  readonly reader: Reader
  readonly groups: Groups
  /** A producer with a session of its own: sends of one are deduplicated and kept in order per partition. */
  readonly producer: () => Call<Producer>
  /** Takes over `transactionalId`: whoever had it is fenced, and its open transaction aborted. */
  readonly transactions: (options: TransactionOptions) => Call<TransactionalProducer>
  /** Where pipelines may keep copies of their state, for an engine that has a directory on this machine. */
  readonly state?: StateDirectory
  /** Everything else of the engine answers `closed` from now on. Calling it again is fine. */
  readonly close: () => Call<void>
}

/** What an engine can do: `true`, or the reason why not. */
export type EngineFeatures = Readonly<Record<EngineFeature, true | string>>
export type EngineFeature =
  | 'persistence'
  | 'transactions'
  | 'groups'
  | 'static-members'
  | 'delete-records'
  | 'grow'
  | 'topic-configs'

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly config: TopicConfig
}

export interface TopicDescription extends TopicSpec {
  /** Another one each time the name is created anew. */
  readonly id: string
  /** Belongs to the engine: `__consumer_offsets`. */
  readonly internal: boolean
}

export interface Topics {
  /** `topic-exists` where the name is taken. */
  readonly create: (topic: TopicSpec) => Call<TopicDescription>
  /** Those of `names` that exist, in that order; all, sorted by name, where none are given. */
  readonly describe: (names?: readonly string[]) => Call<readonly TopicDescription[]>
  /** To a larger number of partitions; records stay where they are. */
  readonly grow: (topic: string, partitions: number) => Call<void>
  /** Sets what `changes` names, takes back what is `null` there, and leaves the rest. */
  readonly configure: (topic: string, changes: TopicConfigChanges) => Call<void>
  readonly delete: (topic: string) => Call<void>
  /** Deletes all records before each position; answers where the partitions start now. */
  readonly deleteRecords: (before: readonly Position[]) => Call<readonly Position[]>
}

export type Isolation = 'read_committed' | 'read_uncommitted'

export interface FetchRequest {
  readonly positions: readonly Position[]
  readonly isolation: Isolation
  /** Over all partitions, about: a batch is never cut, so that the first may pass it. */
  readonly maxBytes: number
  /** How long to wait while there is nothing to answer. */
  readonly maxWaitMs: number
  /** Ends the wait with `cancelled`. */
  readonly signal?: AbortSignal
}

/** What one partition had. */
export interface Fetched extends TopicPartition {
  /**
   * Whole batches as they lie in the log, oldest first, one array a batch: control batches and, when
   * reading committed, aborted ones are left out. The first may begin before the position: drop those records.
   * The bytes stay valid and are not to be changed.
   */
  readonly batches: readonly Uint8Array[]
  /** Where to go on; beyond the last batch where what follows it is not for users. */
  readonly nextOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly startOffset: number
  /** Why this partition could not be read; the others of the request are not touched by it. */
  readonly failure?: EngineFailure
}

/** A time is the first record at or after it, and the end of the log where there is none. */
export type OffsetAt = 'earliest' | 'latest' | { readonly timestamp: number }

export interface OffsetQuery extends TopicPartition {
  readonly at: OffsetAt
}

export interface Reader {
  /** Answers as soon as any partition has something (a failure too), with those that have; empty when the wait is over. */
  readonly fetch: (request: FetchRequest) => Call<readonly Fetched[]>
  readonly offsets: (queries: readonly OffsetQuery[], isolation: Isolation) => Call<readonly Position[]>
  /**
   * The high watermark of each partition now, answered once its last stable offset has passed it: a reader
   * that has come that far has seen every commit that was answered before the call.
   */
  readonly settled: (partitions: readonly TopicPartition[], signal?: AbortSignal) => Call<readonly Position[]>
}

/**
 * A RecordBatch v2 without an identity: producer id, epoch, sequence, base offset and CRC are still to be
 * written, by the engine, in place. It belongs to the engine once handed over.
 */
export interface UnsealedBatch extends TopicPartition {
  readonly bytes: Uint8Array
}

/** Where a batch came to lie. `timestamp` is the append time where the topic stamps records, else -1. */
export interface Appended extends Position {
  readonly timestamp: number
}

export interface Producer {
  /**
   * Appends in the order given, each batch whole or not at all; answers when what the engine calls durable holds.
   * Several calls may be under way: per partition they keep their order. After a failure, the very same bytes again are
   * the same append: what of it was taken is answered where it lies, and not written twice.
   */
  readonly append: (batches: readonly UnsealedBatch[]) => Call<readonly Appended[]>
  readonly close: () => Call<void>
}

export interface TransactionOptions {
  readonly transactionalId: string
  /** How long a transaction may stay open before the engine aborts it. */
  readonly timeoutMs: number
}

/**
 * One transaction after the other under one id. The first {@link append} or {@link sendOffsets} begins one.
 *
 * Inside a transaction a call answers once it is accepted, in order; only {@link commit} promises durability,
 * and what went wrong with an accepted batch surfaces there at the latest.
 */
export interface TransactionalProducer extends Producer {
  /** The offsets are committed with the transaction or not at all; fenced by the token's generation. */
  readonly sendOffsets: (token: GroupToken, offsets: readonly CommittedOffset[]) => Call<void>
  /**
   * Durable when answered; visible soon after, see {@link Reader.settled}. Nothing to commit is fine. After a failure
   * that is `retriable` or `indeterminate` it may come through all the same: asking again waits for the same commit,
   * and taking the id anew decides it.
   */
  readonly commit: () => Call<void>
  readonly abort: () => Call<void>
}

export interface CommittedOffset extends Position {
  readonly metadata: string
}

/** Who commits. `generation` -1 and an empty member id: somebody outside of the group's membership. */
export interface GroupToken {
  readonly group: string
  readonly generation: number
  readonly memberId: string
  readonly instanceId?: string
}

export type AssignorName = 'range' | 'roundrobin' | 'sticky' | 'cooperative-sticky' | 'task'

export interface JoinOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** `task` moves partition i of all topics together. */
  readonly assignor: AssignorName
  /** A member under a lasting name: it may be away for the session's length without a rebalance. */
  readonly instanceId?: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

/**
 * What happens to a member. `revoked` waits for `release` (or the rebalance timeout): finish and commit, then call it.
 * After `lost` a commit would be refused: drop what is under way.
 */
export type GroupEvent =
  | { readonly _tag: 'assigned'; readonly partitions: readonly TopicPartition[]; readonly members: number }
  | { readonly _tag: 'revoked'; readonly partitions: readonly TopicPartition[]; readonly release: () => void }
  | { readonly _tag: 'lost'; readonly partitions: readonly TopicPartition[]; readonly failure: EngineFailure }

export interface Membership {
  /**
   * Events from the first on, in order, for one subscriber; `partitions` is what is added or taken away (`assigned`
   * comes at each generation, also with none). Completes after {@link leave}; errors with the {@link EngineFailure} that
   * ended the membership for good.
   */
  readonly events: Observable<GroupEvent>
  /** The token of the generation that the last event belongs to. */
  readonly token: () => GroupToken
  readonly leave: () => Call<void>
}

export interface GroupMember {
  readonly memberId: string
  readonly instanceId?: string
  readonly partitions: readonly TopicPartition[]
}

export interface GroupDescription {
  readonly group: string
  readonly state: 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'
  readonly assignor: string
  readonly members: readonly GroupMember[]
}

export interface Groups {
  readonly join: (options: JoinOptions) => Call<Membership>
  readonly commit: (token: GroupToken, offsets: readonly CommittedOffset[]) => Call<void>
  /** Only partitions that have one. `unstable-offsets` while a transaction that commits offsets there is undecided. */
  readonly committed: (group: string, partitions?: readonly TopicPartition[]) => Call<readonly CommittedOffset[]>
  readonly describe: (groups?: readonly string[]) => Call<readonly GroupDescription[]>
  readonly delete: (group: string) => Call<void>
}
