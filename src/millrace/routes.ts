import type { Engine } from '../contracts/engine.ts'
import { engineFailure, type FailureCode, MillraceError } from '../contracts/failure.ts'
import type { Random } from '../contracts/random.ts'
import { settle } from '../contracts/settle.ts'
import { type CompressionName, isCompacted, messageBytesDefault } from '../contracts/topic.ts'
import { keyedPartition, produced, type Sticky, stick } from '../protocol/client/partitioner.ts'
import type { EncodedRecord } from './outgoing.ts'
import { unknownTopic } from './unknown-topic.ts'

/** Where records of one topic may go. */
export interface Route {
  readonly topic: string
  readonly partitions: number
  readonly maxMessageBytes: number
  readonly compression: CompressionName
  /** Whether it is compacted by key, so that every record needs one. */
  readonly isCompacted: boolean
  /** All of them, for those who choose. */
  readonly available: readonly number[]
  /** Where records without a key go now. */
  sticky: Sticky
}

const refuse = (code: FailureCode, message: string): never => {
  throw new MillraceError(engineFailure(code, message))
}

/** Looks topics up once, and chooses partitions. */
export class Routes {
  readonly #engine: Engine
  readonly #random: Random
  readonly #known = new Map<string, Route>()

  constructor(engine: Engine, random: Random) {
    this.#engine = engine
    this.#random = random
  }

  /** The route if the topic was looked up before. */
  known(topic: string): Route | undefined {
    return this.#known.get(topic)
  }

  /** Rejects with `unknown-topic`. */
  async find(topic: string): Promise<Route> {
    const known = this.#known.get(topic)
    if (known !== undefined) return known
    const [description] = await settle(this.#engine.topics.describe([topic]))
    if (description === undefined) throw unknownTopic(this.#engine, topic)
    const compression = description.config['compression.type']
    const available = Array.from({ length: description.partitions }, (_, partition) => partition)
    const route: Route = {
      topic,
      partitions: description.partitions,
      maxMessageBytes: description.config['max.message.bytes'] ?? messageBytesDefault,
      compression: compression === undefined || compression === 'producer' ? 'none' : compression,
      isCompacted: isCompacted(description.config),
      available,
      sticky: stick({ available }, this.#random),
    }
    this.#known.set(topic, route)
    return route
  }

  /** Notes that a batch of this many bytes is complete, so that records without a key move on in time. */
  completed(route: Route, bytes: number, batchBytes: number): void {
    route.sticky = produced(route.sticky, { bytes, batchBytes, batchReady: true }, route, this.#random)
  }

  /** Forget what was looked up: the topic has been grown, configured or deleted. */
  forget(topic: string): void {
    this.#known.delete(topic)
  }
}

/** Refuses what this topic cannot hold, or a partition that is none, before anything is sent. */
export const checkRecord = (route: Route, record: EncodedRecord, index: number): void => {
  if (record.sizeBytes > route.maxMessageBytes)
    refuse(
      'record-too-large',
      `record ${index} for topic '${route.topic}' takes ${record.sizeBytes} bytes and max.message.bytes is ${route.maxMessageBytes}: raise it in the topic's config, or send a reference`,
    )
  if (record.key === null && route.isCompacted)
    refuse(
      'invalid-record',
      `record ${index} for topic '${route.topic}' has no key, and the topic is compacted by key: give it one`,
    )
  const { partition } = record
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0 && partition < route.partitions))
    refuse(
      'unknown-partition',
      `record ${index} names partition ${partition} of topic '${route.topic}', which has 0 to ${route.partitions - 1}`,
    )
}

export const partitionFor = (route: Route, record: EncodedRecord): number => {
  if (record.partition !== undefined) return record.partition
  if (record.key !== null) return keyedPartition(record.key, route.partitions)
  return route.sticky.partition
}
