// engines of ours, as they are under `connect`

// batches of records, as they cross it: Kafka's RecordBatch v2
export type { CorruptBatch } from './batch/corrupt-batch.ts'
export { type OpenOptions, type RecordCursor, readRecords } from './batch/read-records.ts'
export {
  type BatchHeader,
  type BatchIdentity,
  checkBatch,
  place as placeBatch,
  seal as sealBatch,
  stampAppendTime as stampBatch,
} from './batch/record-batch.ts'
// the port that an engine stands behind
export type { Clock } from './contracts/clock.ts'
export type {
  Appended,
  AssignorName,
  Call,
  CommittedOffset,
  Engine,
  EngineFeature,
  EngineFeatures,
  Fetched,
  FetchRequest,
  GroupDescription,
  GroupEvent,
  GroupMember,
  Groups,
  GroupToken,
  Isolation,
  JoinOptions,
  Membership,
  OffsetAt,
  OffsetQuery,
  Producer,
  Reader,
  TopicDescription,
  TopicSpec,
  Topics,
  TransactionalProducer,
  TransactionOptions,
  UnsealedBatch,
} from './contracts/engine.ts'
export { type EngineFailure, engineFailure, type FailureCode, type FailureKind } from './contracts/failure.ts'
export type { Position, TopicPartition } from './contracts/position.ts'
export type { Random } from './contracts/random.ts'
export { type OpenEngineOptions, openEngine } from './millrace/open-engine.ts'
