import { endMarker } from '../../src/batch/control-batch.ts'
import { lastOffsetDeltaOf, place } from '../../src/batch/record-batch.ts'
import type { TopicPartition } from '../../src/contracts/position.ts'
import { internalBatch } from '../../src/engines/internal-batch.ts'
import { internalTopics } from '../../src/engines/internal-topics.ts'
import { CommittedChanges, type Moment } from '../../src/engines/simulated/invariants/committed-changes.ts'
import { encodeGroupRecord } from '../../src/protocol/broker/group-records.ts'
import { batchOf } from './batches.ts'

/** A transaction, by its producer. */
export interface OfProducer {
  readonly producerId: number
  readonly producerEpoch: number
}

/** What is committed in a cluster, a batch at a time, as a test tells it; each is a moment of its own. */
export class CommittedStory {
  readonly #world = { now: 0, trace: { steps: 0 } }
  readonly #changes = new CommittedChanges(this.#world)
  readonly #ends = new Map<string, number>()

  get moments(): readonly Moment[] {
    return this.#changes.moments
  }

  /** Records `key=value` come to lie in partition 0 of a topic. */
  write(topic: string, records: readonly string[], of?: OfProducer): this {
    const fields = records.map((record) => {
      const [key = '', value = ''] = record.split('=')
      return { key, value }
    })
    const sealed = of === undefined ? {} : { ...of, baseSequence: 0, transactional: true }
    return this.#batch({ topic, partition: 0 }, batchOf({ records: fields, ...sealed }))
  }

  /** A group is at `offset` of partition 0 of a topic; forgotten where none is given. */
  commit(group: string, topic: string, offset: number | null, of?: OfProducer): this {
    const value = offset === null ? null : { offset, leaderEpoch: -1, metadata: '', commitTimestamp: 0 }
    const record = encodeGroupRecord({ _tag: 'offset', group, topic, partition: 0, value })
    return this.#batch({ topic: internalTopics.offsets, partition: 0 }, internalBatch([record], of, 0))
  }

  /** The end of the transaction has come to partition 0 of a topic. */
  mark(topic: string, { producerId, producerEpoch }: OfProducer, commit: boolean): this {
    const marker = { producerId, producerEpoch: producerEpoch + 1, coordinatorEpoch: 0, commit, timestamp: 0 }
    return this.#batch({ topic, partition: 0 }, endMarker(marker))
  }

  lose(): this {
    this.#changes.lost()
    return this
  }

  #batch(at: TopicPartition, bytes: Uint8Array): this {
    const offset = this.#ends.get(at.topic) ?? 0
    place(bytes, offset, 0)
    this.#ends.set(at.topic, offset + lastOffsetDeltaOf(bytes) + 1)
    this.#world.now++
    this.#world.trace.steps++
    this.#changes.batch(at, bytes)
    return this
  }
}
