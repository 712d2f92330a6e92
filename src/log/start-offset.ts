import { partitionName, type TopicPartition } from '../contracts/position.ts'
import { logStartCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint-file.ts'
import type { LogDirectory } from './log-directory.ts'

/** Writes down where a partition starts, in its own directory, so that it goes with it. */
export const writeStartOffset = (directory: LogDirectory, of: TopicPartition, offset: number): void =>
  directory.writeFile(logStartCheckpoint, writeCheckpoint([{ topic: of.topic, partition: of.partition, offset }]))

/** Where the partition starts by its own file; 0 where that says nothing. */
export const readStartOffset = (directory: LogDirectory, of: TopicPartition): number => {
  const bytes = directory.readFile(logStartCheckpoint)
  return (bytes && readCheckpoint(bytes)?.get(partitionName(of))) ?? 0
}
