import { shown } from '../codec/decode-error.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Engine, TopicDescription } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure, type FailureCode, MillraceError } from '../contracts/failure.ts'
import type { Random } from '../contracts/random.ts'
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

/** How long a topic is taken to be what it was: somebody else may have made it larger. */
const maxAgeMs = 10_000

interface Known {
  readonly route: Route
  /** It is looked at again when it is used next. */
  isStale: boolean
  readonly cancel: () => void
}

/** Looks topics up, now and then, and chooses partitions. */
export class Routes {
  readonly #engine: Engine
  readonly #random: Random
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()

  constructor(o: { readonly engine: Engine; readonly random: Random; readonly clock: Clock }) {
    this.#engine = o.engine
    this.#random = o.random
    this.#clock = o.clock
  }

  /** The route if the topic was looked up lately. */
  known(topic: string): Route | undefined {
    const known = this.#known.get(topic)
    return known === undefined || known.isStale ? undefined : known.route
  }

  /** Rejects with `unknown-topic`. */
  async find(topic: string): Promise<Route> {
    return this.known(topic) ?? this.#look(topic)
  }

  /**
   * Refuses what the topic cannot hold, before anything is sent. Where a record names a partition that the route lacks,
   * the topic is looked at first, and the answer is where to send by.
   */
  check(route: Route, records: readonly EncodedRecord[]): Promise<Route> | undefined {
    for (let index = 0; index < records.length; index++) {
      const record = records[index] as EncodedRecord
      if ((record.partition ?? -1) >= route.partitions) return this.#checkAgain(route.topic, records)
      checkRecord(route, record, index)
    }
    return undefined
  }

  async #checkAgain(topic: string, records: readonly EncodedRecord[]): Promise<Route> {
    const route = await this.#look(topic)
    records.forEach((record, index) => checkRecord(route, record, index))
    return route
  }

  /** What is known is kept while the engine does not answer: a send tells what is wrong, or goes through. */
  async #look(topic: string): Promise<Route> {
    const answer = await this.#engine.topics.describe([topic])()
    const before = this.#known.get(topic)?.route
    if (answer._tag === 'Left') {
      if (before === undefined) throw new MillraceError(answer.left)
      return this.#keep(before)
    }
    const [description] = answer.right
    if (description !== undefined) return this.#keep(this.#routeOf(description, before))
    this.forget(topic)
    throw unknownTopic(this.#engine, topic)
  }

  #keep(route: Route): Route {
    this.forget(route.topic)
    const stale = (): void => {
      known.isStale = true
    }
    const known: Known = { route, isStale: false, cancel: this.#clock.after(maxAgeMs, stale) }
    this.#known.set(route.topic, known)
    return route
  }

  /** The same as before where nothing has changed, so that records without a key stay in their partition. */
  #routeOf({ name, partitions, config }: TopicDescription, known: Route | undefined): Route {
    const compression = config['compression.type']
    const fixed = {
      topic: name,
      partitions,
      maxMessageBytes: config['max.message.bytes'] ?? messageBytesDefault,
      compression: compression === undefined || compression === 'producer' ? 'none' : compression,
      isCompacted: isCompacted(config),
    } as const
    if (known !== undefined && isSame(fixed, known)) return known
    const available = Array.from({ length: partitions }, (_, partition) => partition)
    return { ...fixed, available, sticky: stick({ available }, this.#random) }
  }

  /** Forgets a topic where the engine has refused a batch since it is not what it was. */
  refused(topic: string, { code }: EngineFailure): void {
    if (code === 'unknown-partition' || code === 'unknown-topic') this.forget(topic)
  }

  /** Notes that a batch of this many bytes is complete, so that records without a key move on in time. */
  completed(route: Route, bytes: number, batchBytes: number): void {
    route.sticky = produced(route.sticky, { bytes, batchBytes, batchReady: true }, route, this.#random)
  }

  /** Forgets what was looked up: the topic has been grown, configured or deleted. */
  forget(topic: string): void {
    this.#known.get(topic)?.cancel()
    this.#known.delete(topic)
  }
}

type Fixed = Omit<Route, 'available' | 'sticky'>

const isSame = (a: Fixed, b: Fixed): boolean =>
  a.partitions === b.partitions &&
  a.maxMessageBytes === b.maxMessageBytes &&
  a.compression === b.compression &&
  a.isCompacted === b.isCompacted

/** Refuses what this topic cannot hold, or a partition that is none. */
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
      `record ${index} names partition ${shown(partition)} of topic '${route.topic}', which has 0 to ${route.partitions - 1}`,
    )
}

export const partitionFor = (route: Route, record: EncodedRecord): number => {
  if (record.partition !== undefined) return record.partition
  if (record.key !== null) return keyedPartition(record.key, route.partitions)
  return route.sticky.partition
}
