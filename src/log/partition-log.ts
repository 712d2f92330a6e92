import * as E from 'fp-ts/lib/Either.js'
import type { Isolation } from '../contracts/engine.ts'
import type { EngineFailure } from '../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../contracts/position.ts'
import { StorageError } from '../contracts/storage.ts'
import type { ProducerEntry } from '../protocol/broker/producer-state.ts'
import { AppliedLog } from './applied-log.ts'
import type { Damage } from './batch-walk.ts'
import type { CompactOptions } from './compact-options.ts'
import type { Origin } from './leader-checks.ts'
import type { LoadedPartition } from './load-partition.ts'
import { LogCompactor } from './log-compactor.ts'
import type { LogConfig } from './log-config.ts'
import { corruptLog, type LogRead } from './log-reader.ts'
import { outOfRange, type PartitionRead, PartitionReads, type ReadablePartition } from './partition-reads.ts'
import { expiredBefore } from './retention.ts'
import type { Segments } from './segments.ts'
import type { StagedEntry } from './staged-entry.ts'
import { type Staged, type StageMarker, Staging } from './staging.ts'
import { storageFailure } from './storage-failure.ts'

export interface PartitionLogOptions extends TopicPartition {
  readonly topicId: string
  readonly config: LogConfig
  /** How long a silent producer is remembered. */
  readonly producerExpirationMs: number
  /** What is applied may wait in memory before it is written: something else keeps it. False where nothing is said. */
  readonly writesBehind?: boolean
}

/** What whoever keeps several partitions adds to each. */
export interface StageHooks {
  /** Why nothing can be staged just now, if so. */
  readonly refusal: () => EngineFailure | undefined
  /** Hears of everything staged, in order. */
  readonly onStaged: (entry: StagedEntry) => void
  /** Hears of a storage that failed in the background. */
  readonly onFailure: (error: StorageError) => void
}

/**
 * One partition: what is staged, what is applied, and what may be read of it.
 *
 * Writing has two phases. {@link stage} decides, in memory: all of a leader's checks, offsets, producers, transactions.
 * {@link apply} writes what is staged to the segments and moves the high watermark; nothing is readable before. What
 * lies between (a journal, replicas) is somebody else's.
 *
 * **Guarantees** what is applied is a prefix of what is staged, and offsets have no gaps until compaction makes some.
 */
export class PartitionLog implements ReadablePartition {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly name: string
  /** What is written of it, for whoever makes that durable. */
  readonly applied: AppliedLog
  readonly #producerExpirationMs: number
  readonly #staging: Staging
  readonly #compactor: LogCompactor
  readonly #reads: PartitionReads
  readonly #damage: Damage | undefined
  #full: EngineFailure | undefined
  #hooks: StageHooks | undefined

  constructor(options: PartitionLogOptions, loaded: LoadedPartition) {
    this.topic = options.topic
    this.partition = options.partition
    this.topicId = options.topicId
    this.name = partitionName(options)
    this.#producerExpirationMs = options.producerExpirationMs
    const { name } = this
    const forgetPlaces = () => this.#reads.forgetPlaces()
    this.#reads = new PartitionReads(this)
    this.#staging = new Staging(name, loaded, (entry) => this.#hooks?.onStaged(entry))
    this.applied = new AppliedLog(
      { ...options, name, writesBehind: options.writesBehind ?? false, onDropped: forgetPlaces },
      loaded,
    )
    this.#compactor = new LogCompactor(this.applied, {
      onSwapped: forgetPlaces,
      onFailure: (error) => this.#hooks?.onFailure(error),
    })
    this.#damage = loaded.damage
  }

  attach(hooks: StageHooks): void {
    this.#hooks = hooks
  }

  get config(): LogConfig {
    return this.applied.config
  }

  set config(config: LogConfig) {
    this.applied.config = config
  }

  get segments(): Segments {
    return this.applied.segments
  }

  /** The first offset that may be read. */
  get startOffset(): number {
    return this.applied.startOffset
  }

  /** The offset that the next record gets: the log end offset, staged ones included. */
  get endOffset(): number {
    return this.#staging.endOffset
  }

  /** Up to where the log is applied, exclusive: what may be read. */
  get highWatermark(): number {
    return this.applied.highWatermark
  }

  /** Up to where every transaction is visibly decided, exclusive: what may be read committed. */
  get lastStableOffset(): number {
    return this.#staging.producers.unstable.lastStableOffset(this)
  }

  /** What is known of the producers, staged batches included. */
  get producers(): ReadonlyMap<number, ProducerEntry> {
    return this.#staging.producers.entries
  }

  /** How many entries wait to be applied. */
  get pending(): number {
    return this.#staging.pending.length
  }

  /** Where its files are known to be damaged; found when it was opened. Other damage shows when it is read. */
  get damage(): Damage | undefined {
    return this.#damage
  }

  /**
   * Takes a batch, which belongs to the log from now on: its offsets and append time are written in place.
   * A retry of one of the producer's last batches answers where that one lies.
   *
   * **Errors** what a leader refuses; `storage-full` while what was staged before cannot be applied; `corrupt-log`.
   */
  stage(
    batch: Uint8Array,
    origin: Origin,
    now: number,
    crc: 'check' | 'trust' = 'check',
  ): E.Either<EngineFailure, Staged> {
    const refusal = this.#refusal() ?? this.#reads.stillDamaged()
    if (refusal !== undefined) return E.left(refusal)
    return this.#staging.batch(batch, { name: this.name, config: this.config, origin, crc }, now)
  }

  /** Writes the end of a transaction. Errors as {@link stage}. */
  stageMarker(marker: StageMarker): E.Either<EngineFailure, Staged> {
    const refusal = this.#refusal()
    return refusal === undefined ? this.#staging.marker(marker) : E.left(refusal)
  }

  /**
   * Deletes the records before `offset`; files go when nothing needs them. Answers where the log will start.
   *
   * **Errors** `offset-out-of-range` beyond the high watermark, and as {@link stage}.
   */
  deleteBefore(offset: number): E.Either<EngineFailure, number> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return E.left(refusal)
    if (offset < 0 || offset > this.highWatermark) return E.left(outOfRange(this, offset))
    this.#staging.start(offset)
    return E.right(this.#staging.startOffset)
  }

  /** Deletes by age and size, as the topic's configuration says, and forgets silent producers. Answers where the log will start. */
  retain(now: number): number {
    if (this.#refusal() !== undefined) return this.#staging.startOffset
    const { config, highWatermark } = this
    if (config.deletes) this.#staging.start(expiredBefore(this.segments.all, { now, config, highWatermark }))
    const { producers } = this.applied
    this.#staging.producers.expire({ now, expirationMs: this.#producerExpirationMs }, (entry) => {
      const settled = producers.get(entry.producerId) === entry
      if (settled) producers.delete(entry.producerId)
      return settled
    })
    return this.#staging.startOffset
  }

  /** Counts in what was staged and accepted before a restart. Throws where it does not follow what is there. */
  replay(bytes: Uint8Array, appendMs: number): void {
    this.#staging.replay(bytes, appendMs)
  }

  /** As {@link replay}, for {@link deleteBefore}. */
  replayStart(offset: number): void {
    this.#staging.replayStart(offset)
  }

  /**
   * Writes the first `count` of what is staged, all where nothing is said, and makes it readable.
   *
   * **Errors** throws a {@link StorageError}. What is not written stays staged; where the storage is full it may be
   * called again, and until it succeeds nothing more can be staged.
   */
  apply(count: number = this.pending): void {
    const { pending } = this.#staging
    const { startOffset } = this
    let done = 0
    try {
      while (done < count) done += this.applied.apply(pending, done, count)
      this.#full = undefined
    } catch (error) {
      if (error instanceof StorageError) this.#full = storageFailure(this.name, error)
      throw error
    } finally {
      this.#staging.drop(done)
      this.#staging.producers.unstable.advance(this.highWatermark)
      if (this.startOffset > startOffset) this.#reads.forgetDamage()
    }
  }

  /** Batches from an offset on. Errors: `offset-out-of-range`, `corrupt-log`, and what the storage fails with. */
  read(request: LogRead): E.Either<EngineFailure, PartitionRead> {
    return this.#reads.read(request)
  }

  /** The offset of the first record at or after `timestamp`; `undefined` where there is none yet. */
  offsetAt(timestamp: number, isolation: Isolation): E.Either<EngineFailure, number | undefined> {
    return this.#reads.offsetAt(timestamp, isolation)
  }

  /** Compacts by key what may be compacted, if it is worth it. Answers whether anything was rewritten. */
  async compact(now: number, options: CompactOptions): Promise<E.Either<EngineFailure, boolean>> {
    if (this.#damage !== undefined) return E.right(false)
    return this.#compactor.compact({ now, lastStableOffset: this.lastStableOffset }, options)
  }

  /** Whether deleted segments, or some that are worth compacting, wait for a checkpoint. Throws {@link StorageError}. */
  waitsForCheckpoint(now: number): boolean {
    const { all, active } = this.segments
    if (active.baseOffset <= this.applied.checkpointedOffset || this.#damage !== undefined) return false
    const isDeleted = all[1] !== undefined && all[1].baseOffset <= this.startOffset
    return isDeleted || this.#compactor.waitsForCheckpoint({ now, lastStableOffset: this.lastStableOffset })
  }

  /** Gives up what goes on in the background; answers once it has. */
  quiet(): Promise<void> {
    return this.#compactor.quiet()
  }

  /** Closes the files; what is staged and not applied is gone. */
  close(): void {
    this.#compactor.close()
    this.applied.close()
  }

  #refusal(): EngineFailure | undefined {
    if (this.#damage !== undefined) return corruptLog(this.name, this.#damage)
    return this.#hooks?.refusal() ?? this.#full
  }
}
