import type { CommittedOffset } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import { type Position, partitionName, type TopicPartition } from '../contracts/position.ts'

/*
 * What every engine refuses, in the same words: a program that was tried in a simulated cluster meets them again.
 */

export const unknownTopic = (name: string): EngineFailure =>
  engineFailure('unknown-topic', `there is no topic '${name}': create it first, or mind the spelling`)

export const topicExists = (name: string): EngineFailure =>
  engineFailure('topic-exists', `there is a topic '${name}' already: take another name, or delete that one first`)

/** `partitions`: as many as the topic has. */
export const unknownPartition = ({ topic, partition }: TopicPartition, partitions: number): EngineFailure =>
  engineFailure(
    'unknown-partition',
    `topic '${topic}' has partitions 0 to ${partitions - 1}, and no ${partition}: take one of those, or grow it`,
  )

/** A topic that cannot go to `count` partitions. */
export const notLarger = (
  { name, partitions }: { readonly name: string; readonly partitions: number },
  count: number,
): EngineFailure =>
  engineFailure(
    'invalid-partitions',
    `topic '${name}' has ${partitions} partitions and cannot go to ${count}: records would have nowhere to go; ask for more than ${partitions}`,
  )

export const outOfRange = (
  position: Position,
  { startOffset, highWatermark }: { readonly startOffset: number; readonly highWatermark: number },
): EngineFailure =>
  engineFailure(
    'offset-out-of-range',
    `offset ${position.offset} of ${partitionName(position)} is not within ${startOffset} to ${highWatermark}: seek to the earliest or the latest`,
  )

/** Why an offset cannot be committed, whatever the log has there. */
export const wrongOffset = (committed: CommittedOffset): EngineFailure | undefined =>
  Number.isSafeInteger(committed.offset) && committed.offset >= 0
    ? undefined
    : engineFailure(
        'offset-out-of-range',
        `${committed.offset} cannot be committed as the offset of ${partitionName(committed)}: commit a whole number from 0 on`,
      )

export const unknownGroup = (group: string): EngineFailure =>
  engineFailure('unknown-group', `there is no group '${group}': mind the spelling, or it was deleted already`)
