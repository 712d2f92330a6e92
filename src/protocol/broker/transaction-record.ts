import * as E from 'fp-ts/lib/Either.js'
import type { TopicPartition } from '../../contracts/position.ts'
import { type ByteReader, ByteWriter, readBytes } from '../kafka-bytes.ts'
import { none } from './producer-state.ts'
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

export const encodeTransactionKey = (transactionalId: string): Uint8Array =>
  new ByteWriter().int16(0).string(transactionalId).finish()

export const decodeTransactionKey = (bytes: Uint8Array): E.Either<UnreadableTransaction, string> =>
  reading('key', bytes, (from) => {
    const version = from.int16()
    if (version !== 0) from.refuse(`its version is ${version}, only 0 is known`)
    return from.string()
  })

/** The value for a record. Version 0, for brokers before Kafka 4, cannot hold previous and next producer ids. */
export const encodeTransaction = (record: TransactionRecord, version: 0 | 1 = 1): Uint8Array => {
  const isFlexible = version === 1
  const to = new ByteWriter()
  to.int16(version).int64(record.producerId).int16(record.epoch).int32(record.timeoutMs)
  to.int8(phases.indexOf(record.phase))
  writePartitions(to, record, isFlexible)
  to.int64(record.updatedAtMs).int64(record.startedAtMs)
  if (isFlexible) writeTags(to, record)
  return to.finish()
}

const writePartitions = (to: ByteWriter, { phase, partitions }: TransactionRecord, isFlexible: boolean): void => {
  const byTopic = phase === 'Empty' ? null : [...Map.groupBy(partitions, ({ topic }) => topic)]
  const writeTopic = ([topic, its]: readonly [string, readonly TopicPartition[]]) => {
    to.string(topic, isFlexible).array(its, ({ partition }) => to.int32(partition), isFlexible)
    if (isFlexible) to.uvarint(0)
  }
  to.array(byTopic, writeTopic, isFlexible)
}

const writeTags = (to: ByteWriter, { previousProducerId, nextProducerId }: TransactionRecord): void => {
  const hasPrevious = previousProducerId !== none
  const hasNext = nextProducerId !== none
  to.uvarint(1 + Number(hasPrevious) + Number(hasNext))
  if (hasPrevious) to.uvarint(tags.previousProducerId).uvarint(8).int64(previousProducerId)
  if (hasNext) to.uvarint(tags.nextProducerId).uvarint(8).int64(nextProducerId)
  to.uvarint(tags.transactionVersion).uvarint(2).int16(transactionVersion)
}

/** **Errors** `Left` for whatever bytes: no length in them is trusted. */
export const decodeTransaction = (bytes: Uint8Array): E.Either<UnreadableTransaction, TransactionRecord> =>
  reading('value', bytes, (from) => {
    const version = from.int16()
    if (version !== 0 && version !== 1) from.refuse(`its version is ${version}, only 0 and 1 are known`)
    const producerId = from.int64()
    const epoch = from.int16()
    const timeoutMs = from.int32()
    const phase = readPhase(from)
    const partitions = readPartitions(from, version === 1)
    const updatedAtMs = from.int64()
    const startedAtMs = from.int64()
    const tagged = { previousProducerId: none, nextProducerId: none }
    if (version === 1) readTags(from, tagged)
    return { phase, producerId, ...tagged, epoch, timeoutMs, partitions, startedAtMs, updatedAtMs }
  })

const readPhase = (from: ByteReader): TransactionPhase => {
  const code = from.int8()
  return phases[code] ?? from.refuse(`its state ${code} is none of 0 to ${phases.length - 1}`)
}

const readPartitions = (from: ByteReader, isFlexible: boolean): TopicPartition[] => {
  const readTopic = () => {
    const topic = from.string(isFlexible)
    const partitions = from.array(() => ({ topic, partition: from.int32() }), isFlexible)
    if (isFlexible) from.tags()
    return partitions
  }
  return from.nullableArray(readTopic, isFlexible)?.flat() ?? []
}

const readTags = (from: ByteReader, into: { previousProducerId: number; nextProducerId: number }): void =>
  from.tags((tag) => {
    if (tag === tags.previousProducerId) into.previousProducerId = from.int64()
    if (tag === tags.nextProducerId) into.nextProducerId = from.int64()
  })

const reading = <A>(
  what: string,
  bytes: Uint8Array,
  read: (from: ByteReader) => A,
): E.Either<UnreadableTransaction, A> => {
  const found = readBytes(bytes, `a ${what}`, (from) => {
    const value = read(from)
    from.end()
    return value
  })
  if (E.isRight(found)) return found
  const message = `the log of transactions is unreadable: ${found.left.message}`
  return E.left({ _tag: 'UnreadableTransaction', message })
}
