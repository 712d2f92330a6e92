import type { Clock } from '../contracts/clock.ts'
import type { TopicPartition } from '../contracts/position.ts'
import type { Storage } from '../contracts/storage.ts'
import type { TopicConfig } from '../contracts/topic.ts'
import type { Durability } from './checkpoint-record.ts'
import type { PartitionLog } from './partition-log.ts'

/** A partition that exists, as whoever keeps the topics knows it. */
export interface PartitionDefinition extends TopicPartition {
  /** Of the topic, another one each time its name is created: 16 bytes in URL-safe base64, 22 characters. */
  readonly topicId: string
  readonly config: TopicConfig
}

export interface LogsOptions {
  readonly storage: Storage
  readonly durability: Durability
  readonly partitions: readonly PartitionDefinition[]
  readonly clock: Clock
  /** How large each of the two journal files becomes; 64 MiB where nothing is said. */
  readonly journalBytes?: number
  /** In `process` mode: how much may be appended between two checkpoints, and so be read again after a crash. */
  readonly checkpointBytes?: number
  /** How long a silent producer is remembered, in ms; a day where nothing is said. */
  readonly producerExpirationMs?: number
  /** Hears that more of a partition may be read. */
  readonly onApplied?: (log: PartitionLog) => void
}
