import * as E from 'fp-ts/lib/Either.js'
import type { EngineFailure } from '../contracts/failure.ts'
import { CommittedFilter } from '../protocol/client/read-committed.ts'
import { batchFields } from './batch-fields.ts'
import { BatchWalk } from './batch-walk.ts'
import { compactBatch, type Pass } from './compact-batch.ts'
import { Breath, type CompactOptions } from './compact-options.ts'
import { abortedOf, type Compaction, endOf, findWork, isWorthIt } from './compaction-work.ts'
import { cleanedSuffix } from './file-names.ts'
import { mapKeys } from './key-map.ts'
import type { LogConfig } from './log-config.ts'
import { corruptLog } from './log-reader.ts'
import { cleanedOffsetFile } from './partition-offset.ts'
import { emptySegment, Segment } from './segment.ts'
import { swapIn } from './swap-segments.ts'

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
  const work = findWork(compaction)
  if (!isWorthIt(compaction, work)) return E.right(false)
  const map = await mapKeys(log, work, options)
  if (E.isLeft(map)) return map
  const pass: Pass = { compaction, map: map.right, options, inTransaction: new Set() }
  for (const group of groupsOf(
    work.cleanable.filter(({ baseOffset }) => baseOffset < map.right.end),
    config,
  )) {
    const failure = await compactGroup(pass, group)
    if (failure !== undefined) return E.left(failure)
  }
  cleanedOffsetFile.write(log.directory, log, map.right.end)
  return E.right(true)
}

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

/** Rewrites neighbours into one segment, which takes their place. */
const compactGroup = async (pass: Pass, group: readonly Segment[]): Promise<EngineFailure | undefined> => {
  const { log } = pass.compaction
  const base = group[0]?.baseOffset ?? 0
  new Segment(log.directory, base, cleanedSuffix).remove()
  const cleaned = Segment.restore(log.directory, emptySegment(base), { suffix: cleanedSuffix })
  let isWhole = false
  try {
    const failure = await rewriteInto(pass, group, cleaned)
    if (failure !== undefined) return failure
    isWhole = true
  } finally {
    // Where there was no room, it must not take what there is.
    if (!isWhole) cleaned.remove()
  }
  if (await swapIn(log, group, cleaned)) pass.compaction.swapped()
  return undefined
}

const rewriteInto = async (
  pass: Pass,
  group: readonly Segment[],
  cleaned: Segment,
): Promise<EngineFailure | undefined> => {
  const { log, config } = pass.compaction
  const end = endOf(group, log)
  const aborted = abortedOf(log, group)
  const committed = new CommittedFilter(batchFields, aborted)
  const breath = new Breath()
  for (const segment of group) {
    const walk = new BatchWalk(segment.log, { from: 0, end: segment.sizeBytes })
    while (walk.next()) {
      const isLast = walk.lastOffset === end - 1
      const kept = compactBatch(pass, walk.batch, { isLast, committed })
      if (E.isLeft(kept))
        return corruptLog(log.name, { path: segment.log.path, position: walk.position, reason: kept.left })
      if (kept.right !== undefined) cleaned.append([kept.right], config.indexIntervalBytes)
      const ended = kept.right !== undefined && aborted.find(({ lastOffset }) => lastOffset === walk.baseOffset)
      if (ended) cleaned.noteAborted(ended)
      if (breath.isDue(walk.sizeBytes)) await pass.options.breathe()
    }
    if (walk.damage !== undefined) return corruptLog(log.name, walk.damage)
    if (segment.firstAppendMs >= 0) cleaned.noteTime(segment.firstAppendMs)
    if (segment.lastAppendMs >= 0) cleaned.noteTime(segment.lastAppendMs)
  }
  cleaned.endWithGaps(end)
  cleaned.seal()
  cleaned.aborted.entries.complete()
  return undefined
}
