import * as E from 'fp-ts/lib/Either.js'
import type { TopicPartition } from '../../contracts/position.ts'
import { ByteWriter, type MalformedBytes, readBytes } from '../kafka-bytes.ts'

/** A committed offset; `value` is `null` where it was deleted. */
export interface OffsetRecord extends TopicPartition {
  readonly _tag: 'offset'
  readonly group: string
  readonly value: OffsetValue | null
}

export interface OffsetValue {
  readonly offset: number
  /** Of the record before `offset`, -1 where it is not known. */
  readonly leaderEpoch: number
  readonly metadata: string
  /** Milliseconds since the epoch. */
  readonly commitTimestamp: number
}

/** A generation of a group's membership; `value` is `null` where the group was deleted. */
export interface GenerationRecord {
  readonly _tag: 'generation'
  readonly group: string
  readonly value: GenerationValue | null
}

export interface GenerationValue {
  readonly protocolType: string
  readonly generation: number
  readonly protocol: string | null
  readonly leader: string | null
  /** When the group came into its state, milliseconds since the epoch; -1 where it is not known. */
  readonly since: number
  readonly members: readonly MemberValue[]
}

export interface MemberValue {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly subscription: Uint8Array
  readonly assignment: Uint8Array
}

export type GroupRecord = OffsetRecord | GenerationRecord

/** A record of `__consumer_offsets` as the log keeps it: without a value it is a tombstone. */
export interface EncodedRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/**
 * The bytes of a record, as Kafka's own coordinator writes them: OffsetCommitKey 1, OffsetCommitValue 3,
 * GroupMetadataKey 2, GroupMetadataValue 3, each behind its version (i16).
 *
 * **Errors** a RangeError for text of more than 32,767 bytes.
 */
export const encodeGroupRecord = (record: GroupRecord): EncodedRecord => {
  if (record._tag === 'offset') {
    const key = new ByteWriter().int16(1).string(record.group).string(record.topic).int32(record.partition)
    return { key: key.finish(), value: record.value && encodeOffset(record.value) }
  }
  return {
    key: new ByteWriter().int16(2).string(record.group).finish(),
    value: record.value && encodeGeneration(record.value),
  }
}

const encodeOffset = ({ offset, leaderEpoch, metadata, commitTimestamp }: OffsetValue): Uint8Array =>
  new ByteWriter().int16(3).int64(offset).int32(leaderEpoch).string(metadata).int64(commitTimestamp).finish()

const encodeGeneration = (value: GenerationValue): Uint8Array => {
  const writer = new ByteWriter().int16(3).string(value.protocolType).int32(value.generation)
  writer.string(value.protocol).string(value.leader).int64(value.since)
  return writer
    .array(value.members, (member) => {
      writer.string(member.memberId).string(member.instanceId).string(member.clientId).string(member.clientHost)
      writer.int32(member.rebalanceTimeoutMs).int32(member.sessionTimeoutMs)
      writer.bytes(member.subscription).bytes(member.assignment)
    })
    .finish()
}

/**
 * Reads a record that any version of Kafka's classic coordinator wrote; `undefined` is another kind of record
 * (those of newer group types), to be passed over.
 *
 * **Errors** bytes that are cut or absurd, and a value of a version after 4.
 */
export const decodeGroupRecord = ({ key, value }: EncodedRecord): E.Either<MalformedBytes, GroupRecord | undefined> =>
  E.Monad.chain(readBytes(key, 'the key of a group record', readKey), (record) => {
    if (record === undefined || value === null) return E.right(record)
    return record._tag === 'offset'
      ? E.Functor.map(decodeOffset(value), (value) => ({ ...record, value }))
      : E.Functor.map(decodeGeneration(value), (value) => ({ ...record, value }))
  })

const readKey: Parameters<typeof readBytes<GroupRecord | undefined>>[2] = (reader) => {
  const version = reader.int16()
  if (version === 0 || version === 1)
    return { _tag: 'offset', group: reader.string(), topic: reader.string(), partition: reader.int32(), value: null }
  return version === 2 ? { _tag: 'generation', group: reader.string(), value: null } : undefined
}

const newestValue = 4

const decodeOffset = (bytes: Uint8Array): E.Either<MalformedBytes, OffsetValue> =>
  readBytes(bytes, 'the value of a committed offset', (reader) => {
    const version = reader.int16()
    if (version < 0 || version > newestValue) reader.refuse(`version ${version}`)
    return {
      offset: reader.int64(),
      leaderEpoch: version >= 3 ? reader.int32() : -1,
      metadata: reader.string(version >= 4),
      commitTimestamp: reader.int64(),
    }
  })

const decodeGeneration = (bytes: Uint8Array): E.Either<MalformedBytes, GenerationValue> =>
  readBytes(bytes, "the value of a group's generation", (reader) => {
    const version = reader.int16()
    if (version < 0 || version > newestValue) reader.refuse(`version ${version}`)
    const compact = version >= 4
    return {
      protocolType: reader.string(compact),
      generation: reader.int32(),
      protocol: reader.nullableString(compact),
      leader: reader.nullableString(compact),
      since: version >= 2 ? reader.int64() : -1,
      members: reader.array(() => {
        const memberId = reader.string(compact)
        const instanceId = version >= 3 ? reader.nullableString(compact) : null
        const clientId = reader.string(compact)
        const clientHost = reader.string(compact)
        const rebalance = version >= 1 ? reader.int32() : -1
        const sessionTimeoutMs = reader.int32()
        const member = {
          memberId,
          instanceId,
          clientId,
          clientHost,
          // before version 1 a member's session was its time to rejoin, too
          rebalanceTimeoutMs: rebalance === -1 ? sessionTimeoutMs : rebalance,
          sessionTimeoutMs,
          subscription: reader.bytes(compact),
          assignment: reader.bytes(compact),
        }
        if (compact) reader.tags()
        return member
      }, compact),
    }
  })
