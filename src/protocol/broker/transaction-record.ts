import * as E from 'fp-ts/lib/Either.js'
import type { TopicPartition } from '../../contracts/position.ts'
import { none } from './producer-state.ts'
import { FieldReader, FieldWriter, UnreadableField } from './record-fields.ts'
import type { TransactionPhase, TransactionRecord } from './transaction-state.ts'

/*
 * What `__transaction_state` holds, as Kafka writes it (TransactionLogKey, TransactionLogValue of Kafka 4):
 *
 *   key    version i16 = 0, transactional id string
 *   value  version i16, producer id i64, epoch i16, timeout i32, phase i8, partitions [topic string, [partition i32]]
 *          (null when Empty), updated i64, started i64
 *
 * Version 0 has the plain forms of strings and arrays. Version 1 has the compact ones, a list of tagged fields after
 * each structure, and as tagged fields of the value: 0 previous producer id i64, 1 next producer id i64, 2 the client's
 * transaction version i16. A tagged field with its default (-1, -1, 0) is left out; unknown ones are skipped.
 */

/** Bytes of the transaction log that cannot be read: damaged, or written by a newer version. */
export interface UnreadableTransaction {
  readonly _tag: 'UnreadableTransaction'
  readonly message: string
}

const phases: readonly (TransactionPhase | undefined)[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
]

/** All our clients speak the transactions of KIP-890's second part. */
const transactionVersion = 2
const tags = { previousProducerId: 0, nextProducerId: 1, transactionVersion: 2 } as const

export const encodeTransactionKey = (transactionalId: string): Uint8Array => {
  const fields = new FieldWriter()
  fields.int16(0)
  fields.string(transactionalId)
  return fields.bytes()
}

export const decodeTransactionKey = (bytes: Uint8Array): E.Either<UnreadableTransaction, string> =>
  reading('key', bytes, (fields) => {
    const version = fields.int16()
    if (version !== 0) throw new UnreadableField(`its version is ${version}, only 0 is known`)
    return fields.string()
  })

/** The value for a record. Version 0, for brokers before Kafka 4, cannot hold previous and next producer ids. */
export const encodeTransaction = (record: TransactionRecord, version: 0 | 1 = 1): Uint8Array => {
  const fields = new FieldWriter()
  fields.int16(version)
  fields.flexible = version === 1
  fields.int64(record.producerId)
  fields.int16(record.epoch)
  fields.int32(record.timeoutMs)
  fields.int8(phases.indexOf(record.phase))
  writePartitions(fields, record)
  fields.int64(record.updatedAtMs)
  fields.int64(record.startedAtMs)
  if (version === 1) writeTags(fields, record)
  return fields.bytes()
}

const writePartitions = (fields: FieldWriter, record: TransactionRecord): void => {
  if (record.phase === 'Empty') return fields.count(undefined)
  const byTopic = Map.groupBy(record.partitions, ({ topic }) => topic)
  fields.count(byTopic.size)
  for (const [topic, partitions] of byTopic) {
    fields.string(topic)
    fields.count(partitions.length)
    for (const { partition } of partitions) fields.int32(partition)
    if (fields.flexible) fields.uvarint(0)
  }
}

const writeTags = (fields: FieldWriter, { previousProducerId, nextProducerId }: TransactionRecord): void => {
  const hasPrevious = previousProducerId !== none
  const hasNext = nextProducerId !== none
  fields.uvarint(1 + Number(hasPrevious) + Number(hasNext))
  if (hasPrevious) {
    fields.tag(tags.previousProducerId, 8)
    fields.int64(previousProducerId)
  }
  if (hasNext) {
    fields.tag(tags.nextProducerId, 8)
    fields.int64(nextProducerId)
  }
  fields.tag(tags.transactionVersion, 2)
  fields.int16(transactionVersion)
}

/** **Errors** `Left` for whatever bytes: no length in them is trusted. */
export const decodeTransaction = (bytes: Uint8Array): E.Either<UnreadableTransaction, TransactionRecord> =>
  reading('value', bytes, (fields) => {
    const version = fields.int16()
    if (version !== 0 && version !== 1) throw new UnreadableField(`its version is ${version}, only 0 and 1 are known`)
    fields.flexible = version === 1
    const producerId = fields.int64()
    const epoch = fields.int16()
    const timeoutMs = fields.int32()
    const phase = readPhase(fields)
    const partitions = readPartitions(fields)
    const updatedAtMs = fields.int64()
    const startedAtMs = fields.int64()
    const tagged = { previousProducerId: none, nextProducerId: none }
    if (version === 1) readTags(fields, tagged)
    return { phase, producerId, ...tagged, epoch, timeoutMs, partitions, startedAtMs, updatedAtMs }
  })

const readPhase = (fields: FieldReader): TransactionPhase => {
  const code = fields.int8()
  const phase = phases[code]
  if (phase === undefined) throw new UnreadableField(`its state ${code} is none of 0 to ${phases.length - 1}`)
  return phase
}

const readPartitions = (fields: FieldReader): TopicPartition[] => {
  const partitions: TopicPartition[] = []
  for (let topics = fields.count(); topics > 0; topics--) {
    const topic = fields.string()
    for (let count = fields.count(); count > 0; count--) partitions.push({ topic, partition: fields.int32() })
    if (fields.flexible) fields.tags(() => undefined)
  }
  return partitions
}

const readTags = (fields: FieldReader, into: { previousProducerId: number; nextProducerId: number }): void =>
  fields.tags((tag) => {
    if (tag === tags.previousProducerId) into.previousProducerId = fields.int64()
    if (tag === tags.nextProducerId) into.nextProducerId = fields.int64()
  })

const reading = <A>(
  what: string,
  bytes: Uint8Array,
  read: (fields: FieldReader) => A,
): E.Either<UnreadableTransaction, A> => {
  try {
    const fields = new FieldReader(bytes)
    const found = read(fields)
    fields.end()
    return E.right(found)
  } catch (error) {
    if (!(error instanceof UnreadableField)) throw error
    const message = `a ${what} of ${bytes.length} bytes in the log of transactions is unreadable: ${error.message}`
    return E.left({ _tag: 'UnreadableTransaction', message })
  }
}
