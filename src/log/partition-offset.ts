import { partitionName, type TopicPartition } from '../contracts/position.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts'
import type { LogDirectory } from './log-directory.ts'

/** An offset that a partition keeps in a file of its own directory, in Kafka's form, so that it goes with it. */
export interface PartitionOffset {
  readonly write: (directory: LogDirectory, of: TopicPartition, offset: number) => void
  /** 0 where the file says nothing. */
  readonly read: (directory: LogDirectory, of: TopicPartition) => number
}

const partitionOffset = (file: string): PartitionOffset => ({
  write: (directory, { topic, partition }, offset) =>
    directory.writeFile(file, writeCheckpoint([{ topic, partition, offset }])),
  read: (directory, of) => {
    const bytes = directory.readFile(file)
    return (bytes && readCheckpoint(bytes)?.get(partitionName(of))) ?? 0
  },
})

/** Where the partition starts, after records before it were deleted. */
export const startOffsetFile: PartitionOffset = partitionOffset('log-start-offset-checkpoint')

/** Up to where the partition was compacted. Losing it costs a compaction more, and nothing else. */
export const cleanedOffsetFile: PartitionOffset = partitionOffset('cleaner-offset-checkpoint')
