import { partitionName, type TopicPartition } from '../contracts/position.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts'
import type { LogDirectory } from './log-directory.ts'

const cleanedCheckpoint = 'cleaner-offset-checkpoint'

/** Up to where a partition was compacted. Losing it costs a compaction more, and nothing else. */
export const writeCleanedOffset = (directory: LogDirectory, of: TopicPartition, offset: number): void =>
  directory.writeFile(cleanedCheckpoint, writeCheckpoint([{ topic: of.topic, partition: of.partition, offset }]))

/** 0 where nothing was compacted yet. */
export const readCleanedOffset = (directory: LogDirectory, of: TopicPartition): number => {
  const bytes = directory.readFile(cleanedCheckpoint)
  return (bytes && readCheckpoint(bytes)?.get(partitionName(of))) ?? 0
}
