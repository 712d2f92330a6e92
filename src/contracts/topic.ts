import type { Codec } from './codec.ts'

/** A named, typed, partitioned log. Made by `topic(…)`; plain data. */
export interface Topic<K, V, N extends string = string> {
  readonly name: N
  readonly key: Codec<K>
  readonly value: Codec<V>
  /** How many partitions to create it with; 1 where nothing was said. */
  readonly partitions: number
  readonly config: TopicConfig
}

// biome-ignore lint/suspicious/noExplicitAny: a topic is invariant in both, so only `any` admits every topic
export type AnyTopic = Topic<any, any>

export type KeyOf<T> = T extends Topic<infer K, infer _V> ? K : never
export type ValueOf<T> = T extends Topic<infer _K, infer V> ? V : never

/** Whether a topic keeps the last record of each key, so that every record needs one. */
export const isCompacted = (config: TopicConfig): boolean => (config['cleanup.policy'] ?? 'delete') !== 'delete'

/** `max.message.bytes` where a topic says nothing. Kafka's default: a mebibyte, and the head of a batch of the first format. */
export const messageBytesDefault = 1_048_588

/** What a topic may be told, under Kafka's own names. Times in milliseconds, sizes in bytes. */
export interface TopicConfig {
  readonly 'cleanup.policy'?: 'delete' | 'compact' | 'compact,delete'
  readonly 'compression.type'?: 'producer' | CompressionName
  readonly 'delete.retention.ms'?: number
  readonly 'index.interval.bytes'?: number
  readonly 'max.compaction.lag.ms'?: number
  readonly 'max.message.bytes'?: number
  readonly 'message.timestamp.type'?: 'CreateTime' | 'LogAppendTime'
  readonly 'min.cleanable.dirty.ratio'?: number
  readonly 'min.compaction.lag.ms'?: number
  readonly 'retention.bytes'?: number
  readonly 'retention.ms'?: number
  readonly 'segment.bytes'?: number
  readonly 'segment.ms'?: number
}

/** What to change of a topic's settings; `null` takes one back, so that its default holds again. */
export type TopicConfigChanges = { readonly [Name in keyof TopicConfig]?: TopicConfig[Name] | null }

export type CompressionName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
