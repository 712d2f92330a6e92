import { messageBytesDefault, type TopicConfig } from '../contracts/topic.ts'

/** What a partition goes by, settled: Kafka's defaults where a topic says nothing. Times in ms, sizes in bytes. */
export interface LogConfig {
  readonly deletes: boolean
  readonly compacts: boolean
  readonly deleteRetentionMs: number
  readonly indexIntervalBytes: number
  readonly maxCompactionLagMs: number
  readonly maxMessageBytes: number
  readonly stampsAppendTime: boolean
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  /** -1: no bound. */
  readonly retentionBytes: number
  /** -1: no bound. */
  readonly retentionMs: number
  readonly segmentBytes: number
  readonly segmentMs: number
}

const dayMs = 24 * 60 * 60 * 1000

export const logConfig = (config: TopicConfig): LogConfig => {
  const policy = config['cleanup.policy'] ?? 'delete'
  return {
    deletes: policy !== 'compact',
    compacts: policy !== 'delete',
    deleteRetentionMs: config['delete.retention.ms'] ?? dayMs,
    indexIntervalBytes: config['index.interval.bytes'] ?? 4096,
    maxCompactionLagMs: config['max.compaction.lag.ms'] ?? Number.MAX_SAFE_INTEGER,
    maxMessageBytes: config['max.message.bytes'] ?? messageBytesDefault,
    stampsAppendTime: config['message.timestamp.type'] === 'LogAppendTime',
    minCleanableDirtyRatio: config['min.cleanable.dirty.ratio'] ?? 0.5,
    minCompactionLagMs: config['min.compaction.lag.ms'] ?? 0,
    retentionBytes: config['retention.bytes'] ?? -1,
    retentionMs: config['retention.ms'] ?? 7 * dayMs,
    segmentBytes: config['segment.bytes'] ?? 1024 * 1024 * 1024,
    segmentMs: config['segment.ms'] ?? 7 * dayMs,
  }
}
