import * as E from 'fp-ts/lib/Either.js'
import { endMarker } from '../batch/control-batch.ts'
import { lastOffsetOf, place, stampAppendTime } from '../batch/record-batch.ts'
import type { Isolation } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../contracts/position.ts'
import { StorageError } from '../contracts/storage.ts'
import {
  appended,
  applyMarker,
  checkAppend,
  none,
  type ProducerEntry,
  type ProducerRefusal,
} from '../protocol/broker/producer-state.ts'
import type { AbortedTransaction } from '../protocol/broker/stable-offset.ts'
import type { Damage } from './batch-walk.ts'
import { type Compaction, type CompactOptions, compactLog, isWorthCompacting } from './compaction.ts'
import { checkIncoming, type Origin } from './leader-checks.ts'
import type { LoadedPartition, PartitionState } from './load-partition.ts'
import type { LogConfig } from './log-config.ts'
import { isStorageFull, type LogDirectory } from './log-directory.ts'
import { corruptLog, type LogBatches, type LogRead, LogReader, offsetAtTime, type Readable } from './log-reader.ts'
import { ProducerTable } from './producer-table.ts'
import { expiredBefore } from './retention.ts'
import { emptySegment, Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import { SnapshotFiles } from './snapshot-files.ts'
import { writeStartOffset } from './start-offset.ts'
import { storageFailure } from './storage-failure.ts'

/** Where a batch came to lie, or lay already. */
export interface Staged {
  readonly baseOffset: number
  readonly lastOffset: number
  /** The append time where the topic stamps records, else -1. */
  readonly timestamp: number
  /** It was there already; nothing was staged. */
  readonly duplicate: boolean
}

export interface StageMarker {
  readonly commit: boolean
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What waits to be applied, in order. */
export type StagedEntry =
  | {
      readonly _tag: 'batch'
      readonly bytes: Uint8Array
      readonly baseOffset: number
      readonly lastOffset: number
      readonly appendMs: number
      readonly producer: ProducerEntry | undefined
      readonly aborted: AbortedTransaction | undefined
    }
  /** The log shall start at `offset`: records before it are deleted. */
  | { readonly _tag: 'start'; readonly offset: number }

export interface PartitionRead extends LogBatches {
  readonly startOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
}

export interface PartitionLogOptions extends TopicPartition {
  readonly topicId: string
  readonly config: LogConfig
  readonly directory: LogDirectory
  /** How long a silent producer is remembered. */
  readonly producerExpirationMs: number
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
export class PartitionLog implements Readable {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly name: string
  readonly segments: Segments
  readonly directory: LogDirectory
  #config: LogConfig
  readonly #options: PartitionLogOptions
  readonly #reader = new LogReader()
  readonly #snapshots: SnapshotFiles
  /** As of {@link endOffset}. */
  readonly #staged: ProducerTable
  /** As of {@link highWatermark}. */
  readonly #applied: Map<number, ProducerEntry>
  #pending: StagedEntry[] = []
  #endOffset: number
  #stagedStart: number
  #startOffset: number
  #highWatermark: number
  #checkpointed: number
  readonly #dirty = new Set<Segment>()
  #full: EngineFailure | undefined
  #damage: Damage | undefined
  /** What a read has found: behind it nobody could read what is written. */
  #unreadable: EngineFailure | undefined
  #compaction: Promise<unknown> | undefined
  #closing = false
  #flushing: Promise<void> = Promise.resolve()
  #flushes = 0
  #hooks: StageHooks | undefined

  constructor(options: PartitionLogOptions, loaded: LoadedPartition) {
    this.#options = options
    this.topic = options.topic
    this.partition = options.partition
    this.topicId = options.topicId
    this.name = partitionName(options)
    this.directory = options.directory
    this.#config = options.config
    this.segments = loaded.segments
    this.#snapshots = new SnapshotFiles(options.directory)
    this.#staged = new ProducerTable([...loaded.producers])
    this.#applied = new Map(loaded.producers.map((entry) => [entry.producerId, entry]))
    this.#endOffset = loaded.endOffset
    this.#highWatermark = loaded.endOffset
    this.#startOffset = loaded.startOffset
    this.#stagedStart = loaded.startOffset
    this.#checkpointed = loaded.checkpointed
    this.#damage = loaded.damage
    for (const segment of loaded.unsynced) this.#dirty.add(segment)
  }

  attach(hooks: StageHooks): void {
    this.#hooks = hooks
  }

  get config(): LogConfig {
    return this.#config
  }

  set config(config: LogConfig) {
    this.#config = config
  }

  /** The first offset that may be read. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** The offset that the next record gets: the log end offset, staged ones included. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** Up to where the log is applied, exclusive: what may be read. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  /** Up to where every transaction is visibly decided, exclusive: what may be read committed. */
  get lastStableOffset(): number {
    return this.#staged.unstable.lastStableOffset(this)
  }

  /** What is known of the producers, staged batches included. */
  get producers(): ReadonlyMap<number, ProducerEntry> {
    return this.#staged.entries
  }

  /** How many entries wait to be applied. */
  get pending(): number {
    return this.#pending.length
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
    const refusal = this.#refusal() ?? this.#unreadable
    if (refusal !== undefined) return E.left(refusal)
    const checked = checkIncoming(batch, { name: this.name, config: this.#config, origin, crc })
    if (E.isLeft(checked)) return checked
    const header = checked.right
    const known = this.#staged.entries.get(header.producerId)
    if (header.producerId >= 0) {
      const answer = checkAppend(known, header, origin)
      if (E.isLeft(answer)) return E.left(this.#refused(answer.left))
      if (answer.right._tag === 'duplicate') {
        const { baseOffset, lastOffset, timestamp } = answer.right
        return E.right({ baseOffset, lastOffset, timestamp, duplicate: true })
      }
    }
    const baseOffset = this.#endOffset
    const timestamp = this.#config.stampsAppendTime ? now : none
    place(batch, baseOffset, leaderEpoch)
    if (timestamp !== none) stampAppendTime(batch, timestamp)
    const producer = header.producerId >= 0 ? appended(known, header, { baseOffset, timestamp, now }) : undefined
    if (producer !== undefined) this.#staged.set(producer)
    const lastOffset = baseOffset + header.lastOffsetDelta
    this.#enqueue({
      _tag: 'batch',
      bytes: batch,
      baseOffset,
      lastOffset,
      appendMs: now,
      producer,
      aborted: undefined,
    })
    return E.right({ baseOffset, lastOffset, timestamp, duplicate: false })
  }

  /** Writes the end of a transaction. Errors as {@link stage}. */
  stageMarker(marker: StageMarker): E.Either<EngineFailure, Staged> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return E.left(refusal)
    const applied = applyMarker(this.#staged.entries.get(marker.producerId), marker, marker.now)
    if (E.isLeft(applied)) return E.left(this.#refused(applied.left))
    const baseOffset = this.#endOffset
    const bytes = endMarker({ ...marker, timestamp: marker.now })
    place(bytes, baseOffset, leaderEpoch)
    const producer = applied.right
    const aborted = this.#staged.end(producer, baseOffset, marker.commit)
    this.#enqueue({
      _tag: 'batch',
      bytes,
      baseOffset,
      lastOffset: baseOffset,
      appendMs: marker.now,
      producer,
      aborted,
    })
    return E.right({ baseOffset, lastOffset: baseOffset, timestamp: none, duplicate: false })
  }

  /**
   * Deletes the records before `offset`; files go when nothing needs them. Answers where the log will start.
   *
   * **Errors** `offset-out-of-range` beyond the high watermark, and as {@link stage}.
   */
  deleteBefore(offset: number): E.Either<EngineFailure, number> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return E.left(refusal)
    if (offset < 0 || offset > this.#highWatermark) return E.left(this.#outOfRange(offset))
    if (offset > this.#stagedStart) this.#enqueue({ _tag: 'start', offset })
    return E.right(this.#stagedStart)
  }

  /** Deletes by age and size, as the topic's configuration says, and forgets silent producers. Answers where the log will start. */
  retain(now: number): number {
    if (this.#refusal() !== undefined) return this.#stagedStart
    const expiry = { now, config: this.#config, highWatermark: this.#highWatermark }
    const before = this.#config.deletes ? expiredBefore(this.segments.all, expiry) : 0
    if (before > this.#stagedStart) this.#enqueue({ _tag: 'start', offset: before })
    this.#staged.expire({ now, expirationMs: this.#options.producerExpirationMs }, (entry) => {
      const settled = this.#applied.get(entry.producerId) === entry
      if (settled) this.#applied.delete(entry.producerId)
      return settled
    })
    return this.#stagedStart
  }

  /** Counts in what was staged and accepted before a restart. Throws where it does not follow what is there. */
  replay(bytes: Uint8Array, appendMs: number): void {
    const change = this.#staged.replay(bytes, 0, appendMs)
    const lastOffset = lastOffsetOf(bytes)
    this.#enqueue(
      {
        _tag: 'batch',
        bytes,
        baseOffset: this.#endOffset,
        lastOffset,
        appendMs,
        producer: change.producer,
        aborted: change.aborted,
      },
      false,
    )
  }

  /** As {@link replay}, for {@link deleteBefore}. */
  replayStart(offset: number): void {
    if (offset > this.#stagedStart) this.#enqueue({ _tag: 'start', offset }, false)
  }

  /**
   * Writes the first `count` of what is staged, all where nothing is said, and makes it readable.
   *
   * **Errors** throws a {@link StorageError}. What is not written stays staged; where the storage is full it may be
   * called again, and until it succeeds nothing more can be staged.
   */
  apply(count: number = this.#pending.length): void {
    let done = 0
    try {
      while (done < count) done += this.#applyFrom(done, count)
      this.#full = undefined
    } catch (error) {
      if (error instanceof StorageError) this.#full = storageFailure(this.name, error)
      throw error
    } finally {
      if (done === this.#pending.length) this.#pending = []
      else this.#pending.splice(0, done)
    }
  }

  /** Batches from an offset on. Errors: `offset-out-of-range`, `corrupt-log`, and what the storage fails with. */
  read(request: LogRead): E.Either<EngineFailure, PartitionRead> {
    const { offset } = request
    if (offset < this.#startOffset || offset > this.#endOffset) return E.left(this.#outOfRange(offset))
    const answer = this.#reading(() => this.#reader.read(this, request))
    if (E.isLeft(answer)) {
      if (answer.left.code === 'corrupt-log') this.#unreadable = answer.left
      return answer
    }
    const { startOffset, highWatermark, lastStableOffset } = this
    return E.right({ ...answer.right, startOffset, highWatermark, lastStableOffset })
  }

  /** The offset of the first record at or after `timestamp`; `undefined` where there is none yet. */
  offsetAt(timestamp: number, isolation: Isolation): E.Either<EngineFailure, number | undefined> {
    const bound = isolation === 'read_committed' ? this.lastStableOffset : this.#highWatermark
    return this.#reading(() => offsetAtTime(this, { timestamp, bound }))
  }

  /** Compacts by key what may be compacted, if it is worth it. Answers whether anything was rewritten. */
  async compact(now: number, options: CompactOptions): Promise<E.Either<EngineFailure, boolean>> {
    if (!this.#config.compacts || this.#compaction !== undefined || this.#damage !== undefined) return E.right(false)
    const compaction = this.#compact(now, options)
    this.#compaction = compaction
    try {
      return await compaction
    } finally {
      this.#compaction = undefined
    }
  }

  async #compact(now: number, options: CompactOptions): Promise<E.Either<EngineFailure, boolean>> {
    const breathe = async () => {
      await options.breathe()
      if (this.#closing) throw new Closing()
    }
    try {
      const before = Math.min(this.lastStableOffset, this.#checkpointed)
      return await compactLog(this.#compactionBefore(before, now), { ...options, breathe })
    } catch (error) {
      if (error instanceof Closing) return E.right(false)
      if (!(error instanceof StorageError)) throw error
      this.#hooks?.onFailure(error)
      return E.left(storageFailure(this.name, error))
    }
  }

  #compactionBefore(before: number, now: number): Compaction {
    return {
      log: this,
      now,
      config: this.#config,
      before,
      producers: this.#applied,
      swapped: () => this.#reader.forget(),
    }
  }

  /** Whether deleted segments, or some that are worth compacting, wait for a checkpoint. Throws {@link StorageError}. */
  waitsForCheckpoint(now: number): boolean {
    const { all, active } = this.segments
    if (active.baseOffset <= this.#checkpointed || this.#damage !== undefined) return false
    const isDeleted = all[1] !== undefined && all[1].baseOffset <= this.#startOffset
    return (
      isDeleted ||
      (this.#config.compacts &&
        isWorthCompacting(this.#compactionBefore(this.lastStableOffset, now), this.#checkpointed))
    )
  }

  /** Gives up what goes on in the background; answers once it has. */
  async quiet(): Promise<void> {
    this.#closing = true
    await this.#compaction
  }

  /** What a checkpoint must know of it, as of the high watermark. */
  get state(): PartitionState {
    return {
      topicId: this.topicId,
      partition: this.partition,
      startOffset: this.#startOffset,
      endOffset: this.#highWatermark,
      active: this.segments.active.state,
      producers: [...this.#applied.values()],
    }
  }

  /** A checkpoint is durable that ends in the segment at `baseOffset`: what lies before may be deleted or compacted. */
  checkpointed(baseOffset: number): void {
    this.#checkpointed = baseOffset
    this.#dropDeleted()
  }

  /** Whether anything that was written is not known to be durable. */
  get dirty(): boolean {
    return this.#dirty.size > 0 || this.#flushes > 0 || this.directory.dirty
  }

  /** Everything applied before the call survives a power loss when it answers. Rejects with {@link StorageError}. */
  flush(): Promise<void> {
    const before = this.#flushing.catch((error: unknown) => {
      if (!isStorageFull(error)) throw error
    })
    this.#flushing = before.then(() => this.#flushNow())
    return this.#flushing
  }

  async #flushNow(): Promise<void> {
    const dirty = [...this.#dirty]
    for (const segment of dirty) segment.flush()
    this.#dirty.clear()
    this.#flushes++
    for (const segment of dirty) {
      await segment.sync()
      if (segment !== this.segments.active) segment.release()
    }
    await this.directory.sync()
    this.#flushes--
  }

  /** Writes the producers' state in Kafka's form, for its tools, as the log is closed in good order. */
  writeSnapshot(): void {
    this.#snapshots.write(this.#highWatermark, [...this.#applied.values()])
  }

  /** Closes the files; what is staged and not applied is gone. */
  close(): void {
    this.#closing = true
    for (const segment of this.segments.all) segment.close()
  }

  #refusal(): EngineFailure | undefined {
    if (this.#damage !== undefined) return corruptLog(this.name, this.#damage)
    return this.#hooks?.refusal() ?? this.#full
  }

  #refused(refusal: ProducerRefusal): EngineFailure {
    return engineFailure(refusal.code, `${this.name}: ${refusal.message}`, refusal)
  }

  #outOfRange(offset: number): EngineFailure {
    return engineFailure(
      'offset-out-of-range',
      `${this.name} has offsets from ${this.#startOffset} to ${this.#highWatermark}, and ${offset} is none of them: begin at the earliest or the latest`,
    )
  }

  #enqueue(entry: StagedEntry, isNew = true): void {
    if (entry._tag === 'start') this.#stagedStart = entry.offset
    else this.#endOffset = entry.lastOffset + 1
    this.#pending.push(entry)
    if (isNew) this.#hooks?.onStaged(entry)
  }

  /** Answers how many entries it has applied. */
  #applyFrom(at: number, before: number): number {
    const entry = this.#pending[at]
    if (entry === undefined) return before - at
    if (entry._tag === 'start') {
      this.#applyStart(entry.offset)
      return 1
    }
    if (this.#needsRoll(this.segments.active.sizeBytes, entry)) this.#roll(entry.baseOffset)
    const run = this.#runFrom(at, before)
    const { active } = this.segments
    this.#dirty.add(active)
    active.append(
      run.map(({ bytes }) => bytes),
      this.#config.indexIntervalBytes,
    )
    for (const { producer, aborted, appendMs } of run) {
      active.noteTime(appendMs)
      if (producer !== undefined) this.#applied.set(producer.producerId, producer)
      if (aborted !== undefined) active.noteAborted(aborted)
    }
    this.#highWatermark = (run.at(-1) ?? entry).lastOffset + 1
    this.#staged.unstable.advance(this.#highWatermark)
    return run.length
  }

  /** The batches from `at` on that go to the active segment together. */
  #runFrom(at: number, before: number): StagedBatch[] {
    const run: StagedBatch[] = []
    let sizeBytes = this.segments.active.sizeBytes
    for (let next = at; next < before; next++) {
      const entry = this.#pending[next]
      if (entry?._tag !== 'batch') break
      if (this.#needsRoll(sizeBytes, entry)) break
      sizeBytes += entry.bytes.length
      run.push(entry)
    }
    return run
  }

  /** Whether a batch begins a new segment, where the active one has come to `sizeBytes`. */
  #needsRoll(sizeBytes: number, { bytes, lastOffset, appendMs }: StagedBatch): boolean {
    const { firstAppendMs, baseOffset } = this.segments.active
    const { segmentBytes, segmentMs } = this.#config
    return (
      sizeBytes > 0 &&
      (sizeBytes + bytes.length > segmentBytes ||
        (firstAppendMs !== -1 && appendMs - firstAppendMs > segmentMs) ||
        lastOffset - baseOffset > relativeOffsetMax)
    )
  }

  #roll(baseOffset: number): void {
    const { active } = this.segments
    this.#dirty.add(active)
    active.seal()
    this.#snapshots.write(baseOffset, [...this.#applied.values()])
    this.segments.push(Segment.restore(this.directory, emptySegment(baseOffset)))
  }

  #applyStart(offset: number): void {
    const { active } = this.segments
    if (offset === this.#highWatermark && active.sizeBytes > 0) this.#roll(offset)
    writeStartOffset(this.directory, this, offset)
    this.#startOffset = Math.max(this.#startOffset, offset)
    // The damage may be among what was deleted; if it is not, the next read finds it again.
    this.#unreadable = undefined
    this.#dropDeleted()
  }

  /** Never beyond the checkpoint: recovery goes on from there, and needs the segment that it ends in. */
  #dropDeleted(): void {
    const before = Math.min(this.#startOffset, this.#checkpointed)
    const count = this.segments.all.length
    this.segments.dropWhile((segment, next) => {
      if (next.baseOffset > before) return false
      this.#dirty.delete(segment)
      return true
    })
    if (count !== this.segments.all.length) this.#reader.forget()
  }

  #reading<A>(read: () => E.Either<EngineFailure, A>): E.Either<EngineFailure, A> {
    try {
      return read()
    } catch (error) {
      if (error instanceof StorageError) return E.left(storageFailure(this.name, error))
      throw error
    }
  }
}

/** Ends a compaction whose log is being closed. */
class Closing extends Error {}

type StagedBatch = Extract<StagedEntry, { readonly _tag: 'batch' }>

/** There is one leader only, and never another. */
const leaderEpoch = 0
/** What an index entry can say. */
const relativeOffsetMax = 2 ** 31 - 1
