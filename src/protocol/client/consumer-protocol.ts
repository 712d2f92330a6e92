import * as E from 'fp-ts/lib/Either.js'
import type { TopicPartition } from '../../contracts/position.ts'
import { type ByteReader, ByteWriter, type MalformedBytes, readBytes } from '../kafka-bytes.ts'

/** What a member tells the leader of its group when it joins. */
export interface Subscription {
  readonly topics: readonly string[]
  /** What it holds on to while it joins; of `generation`, -1 where it has none. */
  readonly owned: readonly TopicPartition[]
  readonly generation: number
  readonly userData: Uint8Array | null
}

/** What the leader tells a member. */
export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[]
  readonly userData: Uint8Array | null
}

/** The protocol type under which consumers join a group. */
export const consumerProtocol = 'consumer'

const byTopic = (partitions: readonly TopicPartition[]): readonly (readonly [string, number[]])[] => {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const of = topics.get(topic)
    if (of === undefined) topics.set(topic, [partition])
    else of.push(partition)
  }
  return [...topics]
}

const writePartitions = (writer: ByteWriter, partitions: readonly TopicPartition[]): void => {
  writer.array(byTopic(partitions), ([topic, of]) => {
    writer.string(topic).array(of, (partition) => writer.int32(partition))
  })
}

const readPartitions = (reader: ByteReader): TopicPartition[] =>
  reader
    .array(() => {
      const topic = reader.string()
      return reader.array(() => ({ topic, partition: reader.int32() }))
    })
    .flat()

/**
 * Version 3 of the consumer protocol's Subscription: `version i16, topics [string], userData bytes,
 * owned [topic string, partitions [i32]], generation i32, rack string`. No rack.
 * Source: Kafka's ConsumerProtocolSubscription.json.
 */
export const encodeSubscription = ({ topics, owned, generation, userData }: Subscription): Uint8Array => {
  const writer = new ByteWriter()
  writer.int16(3).array(topics, (topic) => writer.string(topic))
  writer.bytes(userData)
  writePartitions(writer, owned)
  return writer.int32(generation).string(null).finish()
}

/** Reads any version: a newer one begins like the newest known. */
export const decodeSubscription = (bytes: Uint8Array): E.Either<MalformedBytes, Subscription> =>
  readBytes(bytes, 'a subscription of the consumer protocol', (reader) => {
    const version = reader.int16()
    if (version < 0) reader.refuse(`version ${version}`)
    return {
      topics: reader.array(() => reader.string()),
      userData: reader.nullableBytes(),
      owned: version >= 1 ? readPartitions(reader) : [],
      generation: version >= 2 ? reader.int32() : -1,
    }
  })

/** Version 1 of the Assignment: `version i16, partitions [topic string, partitions [i32]], userData bytes`. */
export const encodeAssignment = ({ partitions, userData }: MemberAssignment): Uint8Array => {
  const writer = new ByteWriter().int16(1)
  writePartitions(writer, partitions)
  return writer.bytes(userData).finish()
}

/** Reads any version; no bytes at all are an empty assignment, which is what a coordinator hands to the forgotten. */
export const decodeAssignment = (bytes: Uint8Array): E.Either<MalformedBytes, MemberAssignment> =>
  bytes.length === 0
    ? E.right({ partitions: [], userData: null })
    : readBytes(bytes, 'an assignment of the consumer protocol', (reader) => {
        const version = reader.int16()
        if (version < 0) reader.refuse(`version ${version}`)
        return { partitions: readPartitions(reader), userData: reader.nullableBytes() }
      })

/**
 * What an eager sticky member had, as user data: `[topic string, partitions [i32]], generation i32`. It has given
 * everything back by the time it joins, so that `owned` cannot say. Source: Kafka's StickyAssignor, schema V1.
 */
export const encodeStickyData = (owned: readonly TopicPartition[], generation: number): Uint8Array => {
  const writer = new ByteWriter()
  writePartitions(writer, owned)
  return writer.int32(generation).finish()
}

export const decodeStickyData = (
  bytes: Uint8Array,
): E.Either<MalformedBytes, Pick<Subscription, 'owned' | 'generation'>> =>
  readBytes(bytes, "a sticky member's user data", (reader) => ({
    owned: readPartitions(reader),
    generation: reader.int32(),
  }))
