import { partitionName, type TopicPartition } from '../../contracts/position.ts'

/** Those of `partitions` that are not among `others`, in their order. */
export const minus = (
  partitions: readonly TopicPartition[],
  others: readonly TopicPartition[],
): readonly TopicPartition[] => {
  const names = new Set(others.map(partitionName))
  return partitions.filter((tp) => !names.has(partitionName(tp)))
}
