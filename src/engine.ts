import './millrace/require-node.ts'

// engines of ours, as they are under `connect`
export { type OpenEngineOptions, openEngine } from './millrace/open-engine.ts'

// the port that an engine stands behind
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
  Topics,
  TopicSpec,
  TransactionalProducer,
  TransactionOptions,
  UnsealedBatch,
} from './contracts/engine.ts'
export type { Position, TopicPartition } from './contracts/position.ts'

// how it fails; its time and randomness, where a test drives them
export { type EngineFailure, engineFailure, type FailureCode, type FailureKind } from './contracts/failure.ts'
export type { Clock } from './contracts/clock.ts'
export type { Random } from './contracts/random.ts'

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
