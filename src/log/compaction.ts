import * as E from 'fp-ts/lib/Either.js'
import { readControl } from '../batch/control-batch.ts'
import { type RecordCursor, readRecords } from '../batch/read-records.ts'
import { type BatchHeader, readHeader } from '../batch/record-batch.ts'
import type { EngineFailure } from '../contracts/failure.ts'
import type { TopicPartition } from '../contracts/position.ts'
import { none, type ProducerEntry } from '../protocol/broker/producer-state.ts'
import type { AbortedTransaction } from '../protocol/broker/stable-offset.ts'
import { CommittedFilter } from '../protocol/client/read-committed.ts'
import { batchFields } from './batch-fields.ts'
import { BatchWalk } from './batch-walk.ts'
import { readCleanedOffset, writeCleanedOffset } from './cleaned-offset.ts'
import { cleanedSuffix } from './file-names.ts'
import type { LogConfig } from './log-config.ts'
import type { LogDirectory } from './log-directory.ts'
import { abortedIn, corruptLog } from './log-reader.ts'
import { type KeptRecord, keepRecord, rewriteBatch } from './rewrite-batch.ts'
import { emptySegment, Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import { swapIn } from './swap-segments.ts'

/** How many keys one pass remembers where nothing is said; more are left to the next. */
const keysMaxDefault = 500_000
/** How much is read before others get their turn. */
const breathBytes = 256 * 1024

export interface CompactOptions {
  /** Lets others have their turn. */
  readonly breathe: () => Promise<void>
  readonly keysMax?: number
}

/** What compaction needs of a partition. */
export interface Compactable extends TopicPartition {
  readonly name: string
  readonly directory: LogDirectory
  readonly segments: Segments
  readonly highWatermark: number
}

export interface Compaction {
  readonly log: Compactable
  readonly now: number
  readonly config: LogConfig
  /** Only what lies wholly below may be touched. */
  readonly before: number
  readonly producers: ReadonlyMap<number, ProducerEntry>
  readonly swapped: () => void
}

/**
 * Keeps the last record of each key, by Kafka's rules: what is above the last cleaning decides, tombstones and markers
 * stay for `delete.retention.ms` once nothing else is left of what they speak of, aborted records go at once, and
 * offsets never change. Segments are rewritten beside the old ones, which they replace by a rename.
 *
 * Answers whether it has rewritten anything. **Errors** `corrupt-log`; `storage-full`, which changes nothing.
 */
export const compactLog = async (
  compaction: Compaction,
  options: CompactOptions,
): Promise<E.Either<EngineFailure, boolean>> => {
  const { log, config } = compaction
  const { cleanable, cleaned, dirty } = findWork(compaction)
  if (!isWorthIt(compaction, cleanable, dirty)) return E.right(false)
  const map = await mapKeys(compaction, dirty, cleaned, options)
  if (E.isLeft(map)) return map
  const pass: Pass = { compaction, map: map.right, options, inTransaction: new Set() }
  for (const group of groupsOf(
    cleanable.filter(({ baseOffset }) => baseOffset < map.right.end),
    config,
  )) {
    const failure = await compactGroup(pass, group)
    if (failure !== undefined) return E.left(failure)
  }
  writeCleanedOffset(log.directory, log, map.right.end)
  return E.right(true)
}

/** Whether {@link compactLog} would rewrite something that ends above `checkpointed`, if it were allowed to. */
export const isWorthCompacting = (compaction: Compaction, checkpointed: number): boolean => {
  const { cleanable, dirty } = findWork(compaction)
  return endOf(cleanable, compaction.log) > checkpointed && isWorthIt(compaction, cleanable, dirty)
}

/** What may be compacted, and what of it holds records above the last cleaning. */
const findWork = (compaction: Compaction) => {
  const { log } = compaction
  const cleanable = cleanableSegments(compaction)
  const cleaned = readCleanedOffset(log.directory, log)
  const dirty = cleanable.filter((segment, at) => (cleanable[at + 1]?.baseOffset ?? segment.nextOffset) > cleaned)
  return { cleanable, cleaned, dirty }
}

/** What a pass knows of the keys above the last cleaning, from there to `end`, exclusive. */
interface KeyMap {
  readonly offsets: ReadonlyMap<string, number>
  readonly end: number
}

interface Pass {
  readonly compaction: Compaction
  readonly map: KeyMap
  readonly options: CompactOptions
  /** Producers of whose transaction some data is still there, up to where the pass has come. */
  readonly inTransaction: Set<number>
}

/** Complete segments below the bound, up to the first that is too young. */
const cleanableSegments = ({ log, now, config, before }: Compaction): readonly Segment[] => {
  const { all } = log.segments
  const isYoung = (segment: Segment) => now - segment.lastAppendMs < config.minCompactionLagMs
  const end = all.findIndex((segment, at) => {
    const next = all[at + 1]
    return next === undefined || next.baseOffset > before || isYoung(segment)
  })
  return all.slice(0, end)
}

const isWorthIt = ({ now, config }: Compaction, cleanable: readonly Segment[], dirty: readonly Segment[]): boolean => {
  const bytesOf = (segments: readonly Segment[]) => segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  const isLate = dirty.some((segment) => now - segment.firstAppendMs > config.maxCompactionLagMs)
  return dirty.length > 0 && (isLate || bytesOf(dirty) >= config.minCleanableDirtyRatio * bytesOf(cleanable))
}

/** Keys as strings of one character a byte: maps compare those by value. */
const keyText = (key: Uint8Array): string => Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')

const mapKeys = async (
  { log }: Compaction,
  dirty: readonly Segment[],
  cleaned: number,
  { breathe, keysMax = keysMaxDefault }: CompactOptions,
): Promise<E.Either<EngineFailure, KeyMap>> => {
  const offsets = new Map<string, number>()
  const end = endOf(dirty, log)
  const committed = filterOf(log, dirty)
  let bytes = 0
  for (const segment of dirty) {
    const walk = new BatchWalk(segment.log, { from: 0, end: segment.sizeBytes })
    while (walk.next()) {
      if (offsets.size >= keysMax) return E.right({ offsets, end: walk.baseOffset })
      const { batch } = walk
      if (committed.keeps(batch) && walk.lastOffset >= cleaned) {
        const read = readRecords(batch, ({ key, offset }) => key !== null && offsets.set(keyText(key), offset), {
          checkCrc: false,
        })
        if (E.isLeft(read)) return damaged(log, segment, walk.position, read.left.reason)
      }
      bytes += walk.sizeBytes
      if (bytes > breathBytes) {
        bytes = 0
        await breathe()
      }
    }
    if (walk.damage !== undefined) return E.left(corruptLog(log.name, walk.damage))
  }
  return E.right({ offsets, end })
}

const endOf = (segments: readonly Segment[], { segments: { all }, highWatermark }: Compactable): number => {
  const last = segments.at(-1)
  return (last && all[all.indexOf(last) + 1]?.baseOffset) ?? highWatermark
}

const filterOf = (log: Compactable, segments: readonly Segment[]): CommittedFilter<Uint8Array> =>
  new CommittedFilter(batchFields, abortedOf(log, segments))

const abortedOf = (log: Compactable, segments: readonly Segment[]): readonly AbortedTransaction[] =>
  abortedIn(log.segments, segments[0]?.baseOffset ?? 0, endOf(segments, log))

const damaged = (log: Compactable, segment: Segment, position: number, reason: string) =>
  E.left(corruptLog(log.name, { path: segment.log.path, position, reason }))

/** Neighbours that fit one segment together. */
const groupsOf = (segments: readonly Segment[], { segmentBytes }: LogConfig): readonly (readonly Segment[])[] => {
  const groups: Segment[][] = []
  let bytes = 0
  for (const segment of segments) {
    const group = groups.at(-1)
    const base = group?.[0]?.baseOffset ?? 0
    bytes += segment.sizeBytes
    if (group === undefined || bytes > segmentBytes || segment.nextOffset - base >= 2 ** 31) {
      groups.push([segment])
      bytes = segment.sizeBytes
    } else group.push(segment)
  }
  return groups
}

const compactGroup = async (pass: Pass, group: readonly Segment[]): Promise<EngineFailure | undefined> => {
  const { log } = pass.compaction
  const base = group[0]?.baseOffset ?? 0
  const end = endOf(group, log)
  const into = new Segment(log.directory, base, cleanedSuffix)
  into.remove()
  const cleaned = Segment.restore(log.directory, emptySegment(base), { suffix: cleanedSuffix })
  const aborted = abortedOf(log, group)
  const committed = new CommittedFilter(batchFields, aborted)
  let bytes = 0
  for (const segment of group) {
    const walk = new BatchWalk(segment.log, { from: 0, end: segment.sizeBytes })
    while (walk.next()) {
      const isLast = walk.lastOffset === end - 1
      const kept = compactBatch(pass, walk.batch, { isLast, committed })
      if (E.isLeft(kept)) {
        cleaned.remove()
        return corruptLog(log.name, { path: segment.log.path, position: walk.position, reason: kept.left })
      }
      if (kept.right !== undefined) cleaned.append([kept.right], pass.compaction.config.indexIntervalBytes)
      const ended = kept.right !== undefined && aborted.find(({ lastOffset }) => lastOffset === walk.baseOffset)
      if (ended) cleaned.noteAborted(ended)
      bytes += walk.sizeBytes
      if (bytes > breathBytes) {
        bytes = 0
        await pass.options.breathe()
      }
    }
    if (walk.damage !== undefined) {
      cleaned.remove()
      return corruptLog(log.name, walk.damage)
    }
    if (segment.firstAppendMs >= 0) cleaned.noteTime(segment.firstAppendMs)
    if (segment.lastAppendMs >= 0) cleaned.noteTime(segment.lastAppendMs)
  }
  cleaned.endWithGaps(end)
  if (await swapIn(log, group, cleaned)) pass.compaction.swapped()
  return undefined
}

/** What stays of a batch; the batch itself where all of it does, and nothing where nobody needs it any more. */
const compactBatch = (
  pass: Pass,
  batch: Uint8Array,
  { isLast, committed }: { readonly isLast: boolean; readonly committed: CommittedFilter<Uint8Array> },
): E.Either<string, Uint8Array | undefined> => {
  const header = readHeader(batch)
  const isCommitted = committed.keeps(batch)
  if (header.baseOffset >= pass.map.end) return E.right(batch)
  if (header.control) return E.right(compactMarker(pass, batch, header, isLast))
  const horizon = header.deleteHorizon ? header.baseTimestamp : undefined
  const records: KeptRecord[] = []
  let tombstones = 0
  const read = readRecords(
    batch,
    (record) => {
      if (!isCommitted || !isLatest(pass.map, record)) return
      if (record.valueBytes < 0) {
        if (horizon !== undefined && horizon <= pass.compaction.now) return
        tombstones++
      }
      records.push(keepRecord(record))
    },
    { checkCrc: false },
  )
  if (E.isLeft(read)) return E.left(read.left.reason)
  if (records.length > 0 && header.transactional) pass.inTransaction.add(header.producerId)
  const deleteHorizon = tombstones > 0 && horizon === undefined ? horizonOf(pass) : undefined
  if (records.length === header.count && deleteHorizon === undefined && header.count > 0) return E.right(batch)
  if (records.length === 0 && !isLast && !isLastOfProducer(pass, header)) return E.right(undefined)
  return E.right(rewriteBatch(batch, { header, records, deleteHorizon }))
}

const isLatest = ({ offsets, end }: KeyMap, { key, offset }: RecordCursor): boolean =>
  offset >= end || (key !== null && (offsets.get(keyText(key)) ?? none) <= offset)

const horizonOf = ({ compaction: { now, config } }: Pass): number => now + config.deleteRetentionMs

/** A live producer's last batch here: its header goes on saying which sequence comes next. */
const isLastOfProducer = ({ compaction: { producers } }: Pass, header: BatchHeader): boolean => {
  const entry = producers.get(header.producerId)
  return entry?.batches.at(-1)?.lastOffset === header.baseOffset + header.lastOffsetDelta
}

const compactMarker = (pass: Pass, batch: Uint8Array, header: BatchHeader, isLast: boolean): Uint8Array | undefined => {
  const { compaction, inTransaction } = pass
  if (E.exists((type) => type === 'other')(readControl(batch)) || header.count === 0) return batch
  if (inTransaction.delete(header.producerId)) return batch
  const entry = compaction.producers.get(header.producerId)
  const saysEpoch = entry !== undefined && entry.epoch === header.producerEpoch && entry.batches.length === 0
  if (!header.deleteHorizon) return withHorizon(batch, header, horizonOf(pass))
  if (saysEpoch || header.baseTimestamp > compaction.now) return batch
  return isLast ? rewriteBatch(batch, { header, records: [], deleteHorizon: undefined }) : undefined
}

const withHorizon = (batch: Uint8Array, header: BatchHeader, deleteHorizon: number): Uint8Array => {
  const records: KeptRecord[] = []
  readRecords(batch, (record) => records.push(keepRecord(record)), { checkCrc: false })
  return rewriteBatch(batch, { header, records, deleteHorizon })
}
