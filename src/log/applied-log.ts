import type { TopicPartition } from '../contracts/position.ts'
import type { ProducerEntry } from '../protocol/broker/producer-state.ts'
import type { LoadedPartition, PartitionState } from './load-partition.ts'
import type { LogConfig } from './log-config.ts'
import type { LogDirectory } from './log-directory.ts'
import { startOffsetFile } from './partition-offset.ts'
import { emptySegment, Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import { SnapshotFiles } from './snapshot-files.ts'
import type { StagedBatch, StagedEntry } from './staged-entry.ts'
import { UnsyncedSegments } from './unsynced-segments.ts'

/** What an index entry can say. */
const relativeOffsetMax = 2 ** 31 - 1

export interface AppliedLogOptions extends TopicPartition {
  readonly name: string
  readonly topicId: string
  readonly config: LogConfig
  /** What is applied may wait in memory: somebody else has made it durable. */
  readonly writesBehind: boolean
  /** Segments went: places in them are none any more. */
  readonly onDropped: () => void
}

/** What is written of a partition: its segments, how far they go, and what its producers have in them. */
export class AppliedLog {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly name: string
  readonly directory: LogDirectory
  readonly segments: Segments
  readonly unsynced: UnsyncedSegments
  /** As of {@link highWatermark}. */
  readonly producers: Map<number, ProducerEntry>
  config: LogConfig
  readonly #snapshots: SnapshotFiles
  readonly #onDropped: () => void
  readonly #writesBehind: boolean
  #startOffset: number
  #highWatermark: number
  #checkpointed: number

  constructor(options: AppliedLogOptions, loaded: LoadedPartition) {
    this.topic = options.topic
    this.partition = options.partition
    this.topicId = options.topicId
    this.name = options.name
    this.config = options.config
    this.directory = loaded.directory
    this.segments = loaded.segments
    this.unsynced = new UnsyncedSegments(
      loaded.directory,
      loaded.unsynced,
      (segment) => segment === this.segments.active,
    )
    this.producers = new Map(loaded.producers.map((entry) => [entry.producerId, entry]))
    this.#snapshots = new SnapshotFiles(loaded.directory)
    this.#onDropped = options.onDropped
    this.#writesBehind = options.writesBehind
    this.#startOffset = loaded.startOffset
    this.#highWatermark = loaded.endOffset
    this.#checkpointed = loaded.checkpointed
  }

  /** The first offset that may be read. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** Up to where it goes, exclusive. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  /** Where the segment begins that the newest checkpoint ends in. */
  get checkpointedOffset(): number {
    return this.#checkpointed
  }

  /** What a checkpoint must know of it. */
  get state(): PartitionState {
    return {
      topicId: this.topicId,
      partition: this.partition,
      startOffset: this.#startOffset,
      endOffset: this.#highWatermark,
      active: this.segments.active.state,
      producers: [...this.producers.values()],
    }
  }

  /**
   * Writes what it can of `entries` from `at` to `before` at once, and answers how many that were. When the storage
   * throws, it can be done again.
   */
  apply(entries: readonly StagedEntry[], at: number, before: number): number {
    const entry = entries[at]
    if (entry === undefined) return before - at
    if (entry._tag === 'start') {
      this.#start(entry.offset)
      return 1
    }
    if (this.#needsRoll(this.segments.active.sizeBytes, entry)) this.#roll(entry.baseOffset)
    const run = this.#runFrom(entries, at, before)
    const { active } = this.segments
    this.unsynced.add(active)
    active.append(run, this.config.indexIntervalBytes, this.#writesBehind)
    for (let next = at; next < at + run.length; next++) this.#note(active, entries[next] as StagedBatch)
    return run.length
  }

  #note(active: Segment, { producer, aborted, appendMs, lastOffset }: StagedBatch): void {
    active.noteTime(appendMs)
    if (producer !== undefined) this.producers.set(producer.producerId, producer)
    if (aborted !== undefined) active.noteAborted(aborted)
    this.#highWatermark = lastOffset + 1
  }

  /** Writes the batches that wait in memory. Throws what the storage throws, and then they still wait. */
  writeBehind(): void {
    this.segments.active.log.flush()
  }

  /** A checkpoint is durable that ends in the segment at `baseOffset`: what lies before may be deleted or compacted. */
  checkpointed(baseOffset: number): void {
    this.#checkpointed = baseOffset
    this.#dropDeleted()
  }

  /** Writes the producers' state in Kafka's form, for its tools. */
  writeSnapshot(): void {
    this.#snapshots.write(this.#highWatermark, [...this.producers.values()])
  }

  close(): void {
    for (const segment of this.segments.all) segment.close()
  }

  /** The bytes of the batches from `at` on that go to the active segment together. */
  #runFrom(entries: readonly StagedEntry[], at: number, before: number): readonly Uint8Array[] {
    let run: Uint8Array[] | undefined
    let sizeBytes = this.segments.active.sizeBytes
    for (let next = at; next < before; next++) {
      const entry = entries[next]
      if (entry?._tag !== 'batch') break
      if (this.#needsRoll(sizeBytes, entry)) break
      sizeBytes += entry.bytes.length
      // most often it stays alone: no room for others
      if (run === undefined) run = [entry.bytes]
      else run.push(entry.bytes)
    }
    return run ?? []
  }

  /** Whether a batch begins a new segment, where the active one has come to `sizeBytes`. */
  #needsRoll(sizeBytes: number, { bytes, lastOffset, appendMs }: StagedBatch): boolean {
    const { firstAppendMs, baseOffset } = this.segments.active
    const { segmentBytes, segmentMs } = this.config
    return (
      sizeBytes > 0 &&
      (sizeBytes + bytes.length > segmentBytes ||
        (firstAppendMs !== -1 && appendMs - firstAppendMs > segmentMs) ||
        lastOffset - baseOffset > relativeOffsetMax)
    )
  }

  #roll(baseOffset: number): void {
    const { active } = this.segments
    this.unsynced.add(active)
    active.seal()
    this.#snapshots.write(baseOffset, [...this.producers.values()])
    this.segments.push(Segment.restore(this.directory, emptySegment(baseOffset)))
  }

  #start(offset: number): void {
    const { active } = this.segments
    if (offset === this.#highWatermark && active.sizeBytes > 0) this.#roll(offset)
    startOffsetFile.write(this.directory, this, offset)
    this.#startOffset = Math.max(this.#startOffset, offset)
    this.#dropDeleted()
  }

  /** Never beyond the checkpoint: recovery goes on from there, and needs the segment that it ends in. */
  #dropDeleted(): void {
    const before = Math.min(this.#startOffset, this.#checkpointed)
    const count = this.segments.all.length
    this.segments.dropWhile((segment, next) => {
      if (next.baseOffset > before) return false
      this.unsynced.delete(segment)
      return true
    })
    if (count !== this.segments.all.length) this.#onDropped()
  }
}
