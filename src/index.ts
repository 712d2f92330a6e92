import './millrace/require-node.ts'

// connecting
export { type ConnectOptions, connect } from './millrace/connect.ts'
export type { Millrace } from './millrace/millrace.ts'
export type { Durability } from './log/checkpoint-record.ts'

// topics, stores and pipelines, as data
export type { StoreDeclaration } from './contracts/store.ts'
export { type AnyRecord, type StreamRecord, task } from './contracts/stream-record.ts'
export type {
  AnyTopic,
  CompressionName,
  KeyOf,
  Topic,
  TopicConfig,
  TopicConfigChanges,
  ValueOf,
} from './contracts/topic.ts'
export { type StoreOptions, store } from './codec/store.ts'
export { type TopicOptions, topic } from './codec/topic.ts'
export { type Pipeline, stream, type Topics } from './pipeline/stream.ts'

// what waits until it is due
export { type DelayedOptions, delayed } from './codec/delayed.ts'
export type { Duration } from './codec/duration.ts'
export type { Delayed, Job, Missed, Repeated, When } from './contracts/delayed.ts'
export type { JobMetrics } from './jobs/job-metrics.ts'
export type { Jobs, KnownJob, PendingJob, Rescheduled, Scheduled } from './jobs/jobs.ts'

// codecs
export { type Codec, type DecodeError, EncodeError } from './contracts/codec.ts'
export { bytes } from './codec/bytes.ts'
export { type CodecOptions, codec } from './codec/codec.ts'
export { json } from './codec/json.ts'
export { nullable } from './codec/nullable.ts'
export { float64, int32, int64 } from './codec/numbers.ts'
export type { Schema, StandardSchema } from './codec/schema.ts'
export { text } from './codec/text.ts'

// sending and reading
export type { Consumer, ConsumerOptions, PollOptions } from './millrace/consumer.ts'
export type { OnUnreadable } from './millrace/fetched-records.ts'
export type { DescribedTopic, DescribeOptions } from './millrace/topics.ts'
export type { Outgoing } from './millrace/outgoing.ts'
export type { From, ReadOptions } from './millrace/read.ts'
export type { SendOptions } from './millrace/sender.ts'
export type { Sent } from './millrace/sent.ts'
export type { Transaction } from './millrace/open-transaction.ts'

// running
export type { RunMetrics } from './pipeline/counters.ts'
export { attemptsBounds, latenessBoundsMs } from './pipeline/histogram.ts'
export type { Notice } from './pipeline/notice.ts'
export type { Guarantee } from './pipeline/options.ts'
export type { Progress } from './pipeline/progress.ts'
export type { RateText } from './pipeline/rate.ts'
export type { Running, RunOptions } from './pipeline/run.ts'
export type { Found, StoreQuery } from './pipeline/store-query.ts'

// what becomes of a record that fails
export { type DeadLetter, originalOf, type RawRecord } from './codec/dead-letter.ts'
export { type DeadLettersOptions, deadLetters } from './codec/dead-letters.ts'
export {
  type DeadLetterKeyPolicy,
  type DeadLetterPolicy,
  deadLetter,
  deadLetterKey,
} from './pipeline/dead-letter-policy.ts'
export type { ChoosePolicy, ErrorPolicy, OnError } from './pipeline/on-error.ts'
export {
  type Exhausted,
  type RetryLaterOptions,
  type RetryLaterPolicy,
  type RetryTier,
  retryLater,
} from './pipeline/retry-later.ts'
export type { RedriveTo } from './retry/destinations.ts'
export type { FindLetters, ListLetters, RedriveOptions } from './retry/find-letters.ts'
export type { Letter, Letters } from './retry/letters.ts'
export type { RedriveOutcome } from './retry/redrive-order.ts'

// failures
export { type EngineFailure, type FailureCode, type FailureKind, MillraceError } from './contracts/failure.ts'
export { UncarriedRecord } from './contracts/refusal.ts'
export {
  ForeignKey,
  InvalidOutput,
  KeyGivenUp,
  LateEmission,
  OrderAboveBatches,
  OrderUnknown,
  OutputsTooLarge,
  OutputTooLarge,
  ParkingFull,
  RecordTimedOut,
  StateTooLarge,
  StoreAboveBatches,
  UndeclaredStore,
  UndeclaredTopic,
  UnknownOrigin,
  UnreadableRecord,
} from './pipeline/attempt-errors.ts'
export { StateStoreFull } from './store/state-store-full.ts'
export { StateUnreadable } from './store/state-unreadable.ts'
