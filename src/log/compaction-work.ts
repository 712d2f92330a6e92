import type { TopicPartition } from '../contracts/position.ts'
import type { ProducerEntry } from '../protocol/broker/producer-state.ts'
import type { AbortedTransaction } from '../protocol/broker/stable-offset.ts'
import type { LogConfig } from './log-config.ts'
import type { LogDirectory } from './log-directory.ts'
import { abortedIn } from './log-reader.ts'
import { cleanedOffsetFile } from './partition-offset.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

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

export interface Work {
  readonly cleanable: readonly Segment[]
  /** Up to where it was compacted before. */
  readonly cleaned: number
  readonly dirty: readonly Segment[]
}

/** What may be compacted, and what of it holds records above the last cleaning. */
export const findWork = (compaction: Compaction): Work => {
  const { log } = compaction
  const cleanable = cleanableSegments(compaction)
  const cleaned = cleanedOffsetFile.read(log.directory, log)
  const dirty = cleanable.filter((segment, at) => (cleanable[at + 1]?.baseOffset ?? segment.nextOffset) > cleaned)
  return { cleanable, cleaned, dirty }
}

/** Whether a compaction would rewrite something that ends above `checkpointed`, if it were allowed to. */
export const isWorthCompacting = (compaction: Compaction, checkpointed: number): boolean => {
  const work = findWork(compaction)
  return endOf(work.cleanable, compaction.log) > checkpointed && isWorthIt(compaction, work)
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

/** Whether there is enough to do, as the topic's configuration has it. */
export const isWorthIt = ({ now, config }: Compaction, { cleanable, dirty }: Work): boolean => {
  const bytesOf = (segments: readonly Segment[]) => segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  const isLate = dirty.some((segment) => now - segment.firstAppendMs > config.maxCompactionLagMs)
  return dirty.length > 0 && (isLate || bytesOf(dirty) >= config.minCleanableDirtyRatio * bytesOf(cleanable))
}

/** The offset after `segments`, which stand side by side. */
export const endOf = (segments: readonly Segment[], { segments: { all }, highWatermark }: Compactable): number => {
  const last = segments.at(-1)
  return (last && all[all.indexOf(last) + 1]?.baseOffset) ?? highWatermark
}

/** The aborted transactions that may concern `segments`, which stand side by side. */
export const abortedOf = (log: Compactable, segments: readonly Segment[]): readonly AbortedTransaction[] =>
  abortedIn(log.segments, segments[0]?.baseOffset ?? 0, endOf(segments, log))
