import type { TopicPartition } from '../contracts/position.ts'
import type { ProducerEntry } from '../protocol/broker/producer-state.ts'
import { BatchWalk, type Damage } from './batch-walk.ts'
import { fileName, offsetsInNames, segmentKinds } from './file-names.ts'
import { finishSwaps } from './finish-swaps.ts'
import type { LogConfig } from './log-config.ts'
import type { LogDirectory } from './log-directory.ts'
import { partitionMetadata, readMetadata, writeMetadata } from './partition-metadata.ts'
import { startOffsetFile } from './partition-offset.ts'
import { ProducerTable } from './producer-table.ts'
import { emptySegment, Segment, type SegmentState } from './segment.ts'
import { SealFile } from './segment-seal.ts'
import { Segments } from './segments.ts'
import { SnapshotFiles } from './snapshot-files.ts'

/** The directory of a partition that nobody knows. */
const straySuffix = '-stray'

/** What a checkpoint says of a partition: enough to go on without reading it. Plain data. */
export interface PartitionState {
  readonly topicId: string
  readonly partition: number
  readonly startOffset: number
  readonly endOffset: number
  readonly active: SegmentState
  readonly producers: readonly ProducerEntry[]
}

/** Bytes that recovery took away because they were no whole batch, or lay behind such. */
export interface Cut extends Damage {
  readonly bytes: number
}

export interface LoadedPartition {
  readonly directory: LogDirectory
  readonly segments: Segments
  readonly producers: readonly ProducerEntry[]
  readonly startOffset: number
  readonly endOffset: number
  /** Where the segment begins that the checkpoint ends in: recovery needs it as it is, and those before not. */
  readonly checkpointed: number
  /** Segments that may hold what is not. */
  readonly unsynced: readonly Segment[]
  readonly damage: Damage | undefined
  readonly cut: Cut | undefined
}

export interface LoadOptions extends TopicPartition {
  readonly topicId: string
  readonly config: LogConfig
  readonly directory: LogDirectory
  /** What the newest checkpoint says of it, if it does. */
  readonly state: PartitionState | undefined
  /** What lies behind the checkpoint: cut off, since a journal has it too; or kept as far as it is sound. */
  readonly behind: 'cut' | 'keep'
  /** Nothing was written since the checkpoint. */
  readonly clean: boolean
  /** There is a checkpoint: what lies behind it, or of a partition that it does not know, nobody has compacted. */
  readonly contiguous: boolean
  readonly now: number
}

/** Opens a partition's directory, whatever a crash has left there. Throws `StorageError`. */
export const loadPartition = async (options: LoadOptions): Promise<LoadedPartition> => {
  const { directory, state } = options
  claimDirectory(options)
  // What a killed process has made may be in the page cache only.
  if (!options.clean) directory.touch()
  await finishSwaps(directory)
  const loaded =
    state !== undefined && options.behind === 'cut'
      ? cutTo(options, state)
      : scanFrom(options, state ?? unknownState(options))
  const start = startOffsetFile.read(directory, options)
  const first = loaded.segments.first.baseOffset
  const startOffset = Math.max(state?.startOffset ?? 0, first, start <= loaded.endOffset ? start : 0)
  return { ...loaded, directory, startOffset: Math.min(startOffset, loaded.endOffset) }
}

type WithoutStart = Omit<LoadedPartition, 'startOffset' | 'directory'>

/**
 * Makes the directory. One of another topic, which had this name before, goes first; one that nobody knows, and that
 * does not say whose it is, is set aside.
 */
const claimDirectory = ({ directory, topicId, state, behind, clean }: LoadOptions): void => {
  const { storage, path } = directory
  const metadata = directory.readFile(partitionMetadata)
  const found = metadata && readMetadata(metadata)
  if (found === topicId) return
  const isEmpty = offsetsInNames(directory.list(), 'log').length === 0
  // A new partition whose name was not durable yet: the journal has all of it.
  const isReplayed = state === undefined && behind === 'cut' && !clean
  if (found !== undefined || isEmpty || isReplayed) storage.remove(path)
  else if (state === undefined) storage.rename(path, `${path}.${topicId}${straySuffix}`)
  storage.makeDirectory(path)
  directory.writeFile(partitionMetadata, writeMetadata(topicId))
}

const removeSegment = (directory: LogDirectory, base: number): void => {
  for (const kind of segmentKinds) {
    if (directory.exists(fileName(base, kind))) directory.remove(fileName(base, kind))
  }
}

const cutTo = (options: LoadOptions, state: PartitionState): WithoutStart => {
  const { directory } = options
  const bases = offsetsInNames(directory.list(), 'log')
  const { active } = state
  for (const base of bases) if (base > active.baseOffset) removeSegment(directory, base)
  new SnapshotFiles(directory).removeWhere((offset) => offset > state.endOffset)
  const complete = bases.filter((base) => base < active.baseOffset).map((base) => new Segment(directory, base))
  const segment = Segment.restore(directory, active)
  const there = segment.log.size()
  const damage = there < active.sizeBytes ? lostEnd(segment, there, active.sizeBytes) : undefined
  if (damage === undefined && isIndexLost(segment, active)) reindex(segment, options)
  return {
    segments: new Segments([...complete, segment]),
    producers: state.producers,
    endOffset: state.endOffset,
    checkpointed: state.active.baseOffset,
    unsynced: segment.dirty ? [segment] : [],
    damage,
    cut: undefined,
  }
}

const lostEnd = (segment: Segment, there: number, sizeBytes: number): Damage => ({
  path: segment.log.path,
  position: there,
  reason: `the file ends here, and had ${sizeBytes} bytes when they were last made durable`,
})

const isIndexLost = (segment: Segment, state: SegmentState): boolean =>
  segment.offsets.entries.count < state.offsetEntries ||
  segment.times.entries.count < state.timeEntries ||
  segment.aborted.entries.count < state.abortedEntries ||
  !segment.offsets.isSound(Math.max(1, state.sizeBytes))

/** Makes the offset and time index anew from the batches' headers. */
const reindex = (segment: Segment, { config, directory }: LoadOptions): void => {
  const { state } = segment
  const again = Segment.restore(
    directory,
    { ...emptySegment(state.baseOffset), abortedEntries: state.abortedEntries },
    { readOnly: true },
  )
  segment.offsets.entries.truncate(0)
  segment.times.entries.truncate(0)
  const walk = new BatchWalk(segment.log, { from: 0, end: state.sizeBytes, checkCrc: false })
  while (walk.next()) again.note(walk.bytes, walk.at, config.indexIntervalBytes)
  segment.offsets.entries.take(again.offsets.entries)
  segment.times.entries.take(again.times.entries)
}

/** Nothing was ever checkpointed of it: begins with the first offset, or the first file where it may have lost earlier ones. */
const unknownState = ({ directory, topicId, partition, contiguous }: LoadOptions): PartitionState => {
  const base = contiguous ? 0 : (offsetsInNames(directory.list(), 'log')[0] ?? 0)
  const snapshot = new SnapshotFiles(directory).newest(base)
  return {
    topicId,
    partition,
    startOffset: base,
    endOffset: base,
    active: emptySegment(base),
    producers: snapshot?.entries ?? [],
  }
}

/**
 * Reads what lies behind `state`, batch by batch, and takes it in up to the first one that is not whole, or up to a gap:
 * a loss of power may take the end of a segment and leave the next one.
 */
const scanFrom = (options: LoadOptions, state: PartitionState): WithoutStart => {
  const { directory } = options
  const bases = offsetsInNames(directory.list(), 'log')
  const complete = bases.filter((base) => base < state.active.baseOffset).map((base) => new Segment(directory, base))
  const later = bases.filter((base) => base > state.active.baseOffset)
  const table = new ProducerTable([...state.producers])
  const scanned: Segment[] = []
  let endOffset = state.endOffset
  let cut: Cut | undefined
  for (const at of [state.active, ...later.map(emptySegment)]) {
    if (options.contiguous && at.baseOffset > endOffset) cut ??= gapBefore(directory, at, endOffset)
    if (cut !== undefined) {
      removeSegment(directory, at.baseOffset)
      continue
    }
    const found = scanSegment(options, at, table)
    scanned.push(found.segment)
    endOffset = Math.max(endOffset, found.segment.nextOffset)
    cut = found.cut
  }
  for (const segment of scanned.slice(0, -1)) segment.seal()
  for (const segment of scanned) segment.touch()
  directory.touch()
  if (cut !== undefined) new SnapshotFiles(directory).removeWhere((offset) => offset > endOffset)
  table.unstable.advance(endOffset)
  return {
    segments: new Segments([...complete, ...scanned]),
    producers: [...table.entries.values()],
    endOffset,
    checkpointed: state.active.baseOffset,
    unsynced: scanned,
    damage: undefined,
    cut,
  }
}

/** What is cut with a segment that does not begin where the one before ends. */
const gapBefore = (directory: LogDirectory, { baseOffset }: SegmentState, endOffset: number): Cut => {
  const { log } = new Segment(directory, baseOffset)
  const bytes = log.size()
  log.close()
  return {
    path: log.path,
    position: 0,
    reason: `it begins with ${baseOffset}, and the one before ends at ${endOffset}`,
    bytes,
  }
}

const scanSegment = (options: LoadOptions, state: SegmentState, table: ProducerTable) => {
  const { directory, config, now, contiguous } = options
  const sealed = new SealFile(directory, state.baseOffset).read()
  const segment = Segment.restore(directory, state, { readOnly: true })
  const sizeBytes = segment.log.size()
  const offsets = { from: state.nextOffset, contiguous, before: Number.POSITIVE_INFINITY }
  const walk = new BatchWalk(segment.log, { from: state.sizeBytes, end: sizeBytes, offsets })
  segment.offsets.entries.cutFile()
  segment.times.entries.cutFile()
  segment.aborted.entries.cutFile()
  while (walk.next()) {
    const { aborted } = table.replay(walk.bytes, walk.at, now)
    segment.note(walk.bytes, walk.at, config.indexIntervalBytes)
    segment.relieve()
    segment.noteTime(sealed?.firstAppendMs ?? now)
    segment.noteTime(sealed?.lastAppendMs ?? now)
    if (aborted !== undefined) segment.noteAborted(aborted)
  }
  if (walk.damage === undefined) return { segment, cut: undefined }
  segment.log.truncate(walk.position)
  return { segment, cut: { ...walk.damage, bytes: sizeBytes - walk.position } }
}
