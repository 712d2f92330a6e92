/// <reference lib="esnext.disposable" preserve="true" />
import type { Observable } from 'rxjs'
import type { DeadLetter } from '../codec/dead-letter.ts'
import type { Delayed } from '../contracts/delayed.ts'
import type { CommittedOffset, GroupDescription } from '../contracts/engine.ts'
import type { Position } from '../contracts/position.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { AnyTopic, Topic, TopicConfigChanges } from '../contracts/topic.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Running, RunOptions } from '../pipeline/run.ts'
import type { Pipeline, Topics } from '../pipeline/stream.ts'
import type { Letters } from '../retry/letters.ts'
import type { Consumer, ConsumerOptions } from './consumer.ts'
import type { Transaction } from './open-transaction.ts'
import type { Outgoing } from './outgoing.ts'
import type { ReadOptions } from './read.ts'
import type { Sent } from './sent.ts'
import type { DescribedTopic, DescribeOptions } from './topics.ts'

/**
 * A connection to an engine: topics, records, pipelines. Made by `connect`; close it, or say `await using`.
 *
 * What the engine refuses rejects with a `MillraceError`: its `code` says what, its `kind` what to do about it. A call
 * that is none (an argument of another kind, an option that does not exist) rejects, or throws, with a `TypeError`.
 */
export interface Millrace extends AsyncDisposable {
  /** What it is connected to. */
  readonly url: string

  /** Creates the topics that are not there yet. One that is there with another partition count is `invalid-partitions`. */
  readonly create: (...topics: readonly AnyTopic[]) => Promise<void>
  /**
   * The topics of these names that exist; where none is named all but the engine's own, which `{ internal: true }` adds.
   * The changelogs of pipelines are among them, and say whose they are.
   */
  readonly describe: (
    ...topics: readonly (AnyTopic | string)[] | readonly [DescribeOptions]
  ) => Promise<readonly DescribedTopic[]>
  /**
   * Gives a topic more partitions. Records stay where they are, and keys hash to other partitions from then on: later
   * records of a key may lie elsewhere than its earlier ones, so a topic with keys grows only with `keysMayMove: true`.
   * One whose pipeline has state does not grow at all (`invalid-partitions`). When it resolves, the pipelines of this
   * connection write to the topic by its new count.
   */
  readonly grow: (topic: AnyTopic, partitions: number, options?: { readonly keysMayMove?: boolean }) => Promise<void>
  /** Changes the settings that are named, and leaves the rest; one that is `null` goes back to its default. */
  readonly configure: (topic: AnyTopic, changes: TopicConfigChanges) => Promise<void>
  /** Deletes topics with all their records. */
  readonly delete: (...topics: readonly AnyTopic[]) => Promise<void>
  /** Deletes the records before each position; answers where the partitions start now. */
  readonly deleteRecords: (...before: readonly Position[]) => Promise<readonly Position[]>

  /**
   * Sends records, and resolves once all are durable. Sends of one program share batches.
   *
   * **Guarantees** one partition's records keep the order of the calls, each written once whatever is retried. The
   * whole call is refused, with nothing written, where a record cannot be encoded or has no place. Waits while the
   * buffer is full. For several topics together, or not at all, use {@link transaction}.
   */
  readonly send: <K, V>(topic: Topic<K, V>, records: readonly Outgoing<NoInfer<K>, NoInfer<V>>[]) => Promise<Sent>
  /** Resolves once everything sent so far is durable or refused. */
  readonly flush: () => Promise<void>
  /**
   * Runs `work`, and commits what it sent, all together; when it rejects, none of it was ever there for readers of
   * committed records. Await everything inside of `work`.
   */
  readonly transaction: <A>(work: (tx: Transaction) => Promise<A>) => Promise<A>

  /** Runs a pipeline; see {@link RunOptions}. The name is its consumer group and the root of its transactional id. */
  readonly run: <const T extends Topics>(
    name: string,
    pipeline: Pipeline<T, unknown>,
    options?: RunOptions<T>,
  ) => Promise<Running>

  /**
   * The jobs of what is delayed, from outside of a pipeline: schedule, cancel, reschedule, get and list them. What moves them runs
   * with this connection from the first call on, as it does for each delayed that a pipeline of it schedules.
   */
  readonly jobs: <K, V, T extends string>(delayed: Delayed<K, V, T>) => Jobs<K, V, T>

  /** The records that pipelines gave up to a topic of dead letters: to look at, and to be sent on their way again. */
  readonly deadLetters: (topic: Topic<Uint8Array | null, DeadLetter>) => Letters

  /** Reads a topic's records, pulled: a partition's in order, the partitions as they come. Ends with `until: 'latest'`. */
  readonly read: <K, V>(topic: Topic<K, V>, options?: ReadOptions) => AsyncIterableIterator<StreamRecord<K, V>>
  /**
   * Reads a topic's records, pushed: cold, from the start at each subscription, and live. There is no backpressure:
   * use {@link read} where the work is slower than the log.
   */
  readonly observe: <K, V>(topic: Topic<K, V>, options?: ReadOptions) => Observable<StreamRecord<K, V>>
  /** Reads by hand: poll, seek, pause, and commit what is done. */
  readonly consumer: <K, V>(options: ConsumerOptions<K, V>) => Promise<Consumer<K, V>>

  /** The groups of these names; all where none is named. */
  readonly groups: (...names: readonly string[]) => Promise<readonly GroupDescription[]>
  /** Where a group has committed to. */
  readonly committed: (group: string) => Promise<readonly CommittedOffset[]>
  /** Forgets a group without members, and its offsets. */
  readonly deleteGroup: (group: string) => Promise<void>

  /** Stops the pipelines, flushes, and lets go of everything, so that the process can end. Calling it again is fine. */
  readonly close: () => Promise<void>
}
