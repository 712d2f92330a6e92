import { batchSizeOf, lastOffsetOf, maxTimestampOf } from '../batch/record-batch.ts'
import type { AbortedTransaction } from '../protocol/broker/stable-offset.ts'
import { AbortedIndex } from './aborted-index.ts'
import { fileName } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'
import { LogFile } from './log-file.ts'
import { OffsetIndex } from './offset-index.ts'
import { SealFile } from './segment-seal.ts'
import { TimeIndex } from './time-index.ts'

/** All that must be known of a segment so as to go on writing to it without reading it. Plain data. */
export interface SegmentState {
  readonly baseOffset: number
  readonly sizeBytes: number
  readonly nextOffset: number
  readonly offsetEntries: number
  readonly timeEntries: number
  readonly abortedEntries: number
  readonly bytesSinceEntry: number
  /** The largest timestamp, and the last offset of the first batch that has it; -1 while there is none. */
  readonly maxTimestamp: number
  readonly maxTimestampOffset: number
  /** When the first and the last batch were appended; -1 while there is none. */
  readonly firstAppendMs: number
  readonly lastAppendMs: number
}

export const emptySegment = (baseOffset: number): SegmentState => ({
  baseOffset,
  sizeBytes: 0,
  nextOffset: baseOffset,
  offsetEntries: 0,
  timeEntries: 0,
  abortedEntries: 0,
  bytesSinceEntry: 0,
  maxTimestamp: -1,
  maxTimestampOffset: baseOffset,
  firstAppendMs: -1,
  lastAppendMs: -1,
})

/** What is known of a segment's content beyond its entries: all of it, of the one that is written to. */
type Known = Omit<SegmentState, 'baseOffset' | 'offsetEntries' | 'timeEntries' | 'abortedEntries'> & {
  readonly contiguous: boolean
}

export interface RestoreOptions {
  readonly suffix?: string
  readonly readOnly?: boolean
}

/** A part of a partition's log: one `.log` file with its indexes, in Kafka's formats. Only the last one is written to. */
export class Segment {
  readonly baseOffset: number
  readonly log: LogFile
  readonly offsets: OffsetIndex
  readonly times: TimeIndex
  readonly aborted: AbortedIndex
  readonly #seal: SealFile
  #known: { -readonly [K in keyof Known]: Known[K] } | undefined

  /** A segment that is complete; nothing is read of it before it is needed. */
  constructor(directory: LogDirectory, baseOffset: number, suffix = '') {
    this.baseOffset = baseOffset
    this.log = new LogFile(directory, fileName(baseOffset, 'log', suffix))
    this.offsets = new OffsetIndex(directory, baseOffset, suffix)
    this.times = new TimeIndex(directory, baseOffset, suffix)
    this.aborted = new AbortedIndex(directory, baseOffset, suffix)
    this.#seal = new SealFile(directory, baseOffset, suffix)
  }

  /** One to write to. What the files hold beyond `state` is cut off; nothing is, where they must not be written. */
  static restore(
    directory: LogDirectory,
    state: SegmentState,
    { suffix = '', readOnly = false }: RestoreOptions = {},
  ): Segment {
    const segment = new Segment(directory, state.baseOffset, suffix)
    const { baseOffset: _, offsetEntries, timeEntries, abortedEntries, ...known } = state
    segment.#known = { ...known, contiguous: true }
    if (!readOnly && segment.log.size() > state.sizeBytes) segment.log.truncate(state.sizeBytes)
    segment.offsets.entries.truncate(offsetEntries, readOnly)
    segment.times.entries.truncate(timeEntries, readOnly)
    segment.aborted.entries.truncate(abortedEntries, readOnly)
    return segment
  }

  /** Of the log. Of a complete segment that lost its end: what it had. */
  get sizeBytes(): number {
    return this.#content().sizeBytes
  }

  /** The offset after the last. Of a complete segment without a seal, -1. */
  get nextOffset(): number {
    return this.#content().nextOffset
  }

  /** Whether each batch begins where the one before ends. */
  get contiguous(): boolean {
    return this.#content().contiguous
  }

  /** -1 where there is none. */
  get maxTimestamp(): number {
    return this.#content().maxTimestamp
  }

  /** -1 where nobody has written it down. */
  get firstAppendMs(): number {
    return this.#content().firstAppendMs
  }

  /** -1 where nobody has written it down. */
  get lastAppendMs(): number {
    return this.#content().lastAppendMs
  }

  get state(): SegmentState {
    const { contiguous: _, ...known } = this.#content()
    return {
      ...known,
      baseOffset: this.baseOffset,
      offsetEntries: this.offsets.entries.count,
      timeEntries: this.times.entries.count,
      abortedEntries: this.aborted.entries.count,
    }
  }

  /**
   * Appends whole batches, placed already; `behind`: they may wait in memory until {@link flush} or {@link seal}. When
   * the storage throws, nothing has happened, and it can be done again.
   */
  append(batches: readonly Uint8Array[], indexIntervalBytes: number, behind = false): void {
    this.relieve()
    if (behind) this.log.append(batches, this.sizeBytes)
    else this.log.write(batches, this.sizeBytes)
    for (const batch of batches) this.note(batch, 0, indexIntervalBytes)
  }

  /**
   * Counts in the batch that lies at the end of the log already. The index gets an entry once more than
   * `indexIntervalBytes` were written since the last, before this batch is counted: Kafka's rule.
   */
  note(bytes: Uint8Array, at: number, indexIntervalBytes: number): void {
    const known = this.#content()
    const sizeBytes = batchSizeOf(bytes, at)
    const lastOffset = lastOffsetOf(bytes, at)
    const timestamp = maxTimestampOf(bytes, at)
    if (timestamp > known.maxTimestamp) {
      known.maxTimestamp = timestamp
      known.maxTimestampOffset = lastOffset
    }
    if (known.bytesSinceEntry > indexIntervalBytes) {
      this.offsets.append(lastOffset, known.sizeBytes)
      this.times.append(known.maxTimestamp, known.maxTimestampOffset)
      known.bytesSinceEntry = 0
    }
    known.bytesSinceEntry += sizeBytes
    known.sizeBytes += sizeBytes
    known.nextOffset = lastOffset + 1
  }

  /** The time of an append. A clock that went back does not make the segment older. */
  noteTime(appendMs: number): void {
    const known = this.#content()
    if (known.firstAppendMs === -1) known.firstAppendMs = appendMs
    if (appendMs > known.lastAppendMs) known.lastAppendMs = appendMs
  }

  /** The ABORT marker of a transaction was appended. */
  noteAborted(aborted: AbortedTransaction): void {
    this.aborted.append(aborted)
  }

  /** Batches of it are gone; what follows it begins at `nextOffset` all the same. */
  endWithGaps(nextOffset: number): void {
    this.#content().nextOffset = nextOffset
    this.#content().contiguous = false
  }

  /** Nothing more will be appended: completes the files. May be called again when the storage threw. */
  seal(): void {
    this.log.flush()
    const known = this.#content()
    this.times.append(known.maxTimestamp, known.maxTimestampOffset)
    this.offsets.entries.complete()
    this.times.entries.complete()
    this.aborted.entries.flush()
    this.#seal.write(known)
  }

  /** Whether it must be synced before a checkpoint may name it. */
  get dirty(): boolean {
    return this.files.some((file) => file.dirty)
  }

  /** Writes what the indexes keep in memory where that is much. */
  relieve(): void {
    this.offsets.entries.relieve()
    this.times.entries.relieve()
    this.aborted.entries.relieve()
  }

  /** Writes what waits in memory, of the log and of the indexes. */
  flush(): void {
    this.log.flush()
    this.offsets.entries.flush()
    this.times.entries.flush()
    this.aborted.entries.flush()
  }

  /** Everything written before the call is durable when it answers. */
  async sync(): Promise<void> {
    for (const file of this.files) if (file.dirty) await file.sync()
  }

  /** Says that its files may hold what is not durable. */
  touch(): void {
    for (const file of this.files) file.touch()
  }

  /** Gives back what descriptors it can. */
  release(): void {
    for (const file of this.files) file.release()
  }

  close(): void {
    for (const file of this.files) file.close()
  }

  remove(): void {
    for (const file of this.files) file.remove()
  }

  /** In the order of `segmentKinds`. */
  get files(): readonly LogFile[] {
    return [this.log, this.offsets.entries.file, this.times.entries.file, this.aborted.entries.file, this.#seal.file]
  }

  #content() {
    if (this.#known === undefined) {
      const seal = this.#seal.read()
      const last = this.times.last
      this.#known = {
        sizeBytes: seal?.sizeBytes ?? this.log.size(),
        nextOffset: seal?.nextOffset ?? -1,
        contiguous: seal?.contiguous ?? false,
        bytesSinceEntry: 0,
        maxTimestamp: last?.timestamp ?? -1,
        maxTimestampOffset: last?.offset ?? this.baseOffset,
        firstAppendMs: seal?.firstAppendMs ?? -1,
        lastAppendMs: seal?.lastAppendMs ?? -1,
      }
    }
    return this.#known
  }
}
