import type { TopicSpec } from '../../contracts/engine.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import type { Random } from '../../contracts/random.ts'
import type { PartitionDefinition } from '../../log/log-options.ts'
import { topicIdOf } from '../../log/topic-id.ts'
import type { CatalogTopic } from './catalog.ts'

/** A new topic as the catalog keeps it; its id is a UUID of version 4, as Kafka writes one: 22 characters of base64. */
export const newTopic = (spec: TopicSpec, random: Random, isInternal: boolean): CatalogTopic => {
  const bytes = random.id()
  // not beginning with a dash, which command lines would take for an option
  bytes[0] = (bytes[0] ?? 0) & 0x7f
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const id = topicIdOf(bytes)
  return { name: spec.name, id, partitions: spec.partitions, config: spec.config, internal: isInternal }
}

/** Its partitions, from `first` on. */
export const partitionsOf = ({ name, partitions }: CatalogTopic, first = 0): readonly TopicPartition[] =>
  Array.from({ length: partitions - first }, (_, index) => ({ topic: name, partition: first + index }))

/** All partitions of `topics`, as the logs are opened with them. */
export const partitionDefinitions = (topics: readonly CatalogTopic[]): readonly PartitionDefinition[] =>
  topics.flatMap((topic) => partitionsOf(topic).map((at) => definitionOf(topic, at)))

export const definitionOf = ({ id, config }: CatalogTopic, at: TopicPartition): PartitionDefinition => ({
  ...at,
  topicId: id,
  config,
})
