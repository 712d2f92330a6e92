import type { TopicPartition } from '../../contracts/position.ts'

/** Where a group is to go on; one of kafka-consumer-groups' ways to say it. */
export type ResetTarget =
  | { readonly to: 'earliest' | 'latest' | 'current' }
  | { readonly to: 'offset'; readonly offset: number }
  | { readonly to: 'time'; readonly timestamp: number }
  | { readonly to: 'shift'; readonly by: number }

/** A partition before it is reset. */
export interface ResetPlace extends TopicPartition {
  /** None where the group has committed nothing there. */
  readonly currentOffset: number | undefined
  readonly logStartOffset: number
  readonly logEndOffset: number
  /** The first record at or after the time asked for, or the end. */
  readonly offsetAtTime: number
}

/** A partition, and where the group is to go on there. */
export interface ResetStep extends TopicPartition {
  readonly currentOffset: number | undefined
  readonly newOffset: number
  /** What was asked for, where the partition has no such offset and its nearest end is taken. */
  readonly askedFor: number | undefined
}

/** What a reset comes to in one partition. Without a committed offset, `shift` and `current` begin at the oldest record. */
export const resetStep = (target: ResetTarget, place: ResetPlace): ResetStep => {
  const { topic, partition, currentOffset, logStartOffset, logEndOffset } = place
  const wanted = wantedOffset(target, place)
  const newOffset = Math.min(Math.max(wanted, logStartOffset), logEndOffset)
  return { topic, partition, currentOffset, newOffset, askedFor: newOffset === wanted ? undefined : wanted }
}

const wantedOffset = (target: ResetTarget, place: ResetPlace): number => {
  const { currentOffset = place.logStartOffset, logStartOffset, logEndOffset, offsetAtTime } = place
  switch (target.to) {
    case 'earliest':
      return logStartOffset
    case 'latest':
      return logEndOffset
    case 'current':
      return currentOffset
    case 'offset':
      return target.offset
    case 'time':
      return offsetAtTime
    case 'shift':
      return currentOffset + target.by
  }
}
