/** One partition of a topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A place in a partition: the offset of the next record there. */
export interface Position extends TopicPartition {
  readonly offset: number
}

/** `topic-partition`: a partition's name in messages, maps and directories. */
export const partitionName = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`
