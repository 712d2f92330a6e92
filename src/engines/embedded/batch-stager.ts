import * as E from 'fp-ts/lib/Either.js'
import { headerBytes, lastOffsetDeltaOf, seal } from '../../batch/record-batch.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { Appended, UnsealedBatch } from '../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { partitionName } from '../../contracts/position.ts'
import type { PartitionLog } from '../../log/partition-log.ts'
import { sequenceAfter } from '../../protocol/sequence.ts'
import type { Partitions } from './partitions.ts'

/** With what a producer signs its batches. */
export interface Signature {
  readonly producerId: number
  readonly producerEpoch: number
  readonly transactional: boolean
}

/**
 * Stages a producer's batches, each with the next sequence of its partition. {@link restart} belongs to a new epoch.
 */
export class BatchStager {
  readonly #partitions: Partitions
  readonly #clock: Clock
  /** By the log and not by its name: a topic that was created anew counts from 0. */
  #next = new Map<PartitionLog, number>()
  /** Staged, and not written because the storage was full: the same batch again is the same batch. */
  readonly #held = new WeakMap<Uint8Array, Appended>()

  constructor(partitions: Partitions, clock: Clock) {
    this.#partitions = partitions
    this.#clock = clock
  }

  /** The logs that the batches go to, in their order; the first that is missing is the failure, before anything is staged. */
  locate(batches: readonly UnsealedBatch[]): E.Either<EngineFailure, readonly PartitionLog[]> {
    const logs: PartitionLog[] = []
    for (const batch of batches) {
      const log = this.#partitions.findWritable(batch)
      if (log._tag === 'Left') return log
      logs.push(log.right)
    }
    return E.right(logs)
  }

  /** Stages one batch: signed, placed, and in order; not yet durable. */
  stage(log: PartitionLog, batch: UnsealedBatch, signature: Signature): E.Either<EngineFailure, Appended> {
    const { topic, partition, bytes } = batch
    const held = this.#held.get(bytes)
    if (held !== undefined) return E.right(held)
    if (bytes.length < headerBytes) {
      const message = `${partitionName(batch)}: a batch of ${bytes.length} bytes is shorter than its header: send it again`
      return E.left(engineFailure('invalid-record', message))
    }
    const baseSequence = this.#next.get(log) ?? 0
    seal(bytes, { ...signature, baseSequence })
    const staged = log.stage(bytes, 'client', this.#clock.now())
    if (staged._tag === 'Left') return staged
    this.#next.set(log, sequenceAfter(baseSequence, lastOffsetDeltaOf(bytes) + 1))
    return E.right({ topic, partition, offset: staged.right.baseOffset, timestamp: staged.right.timestamp })
  }

  /** They are staged, and their caller is told to come again. */
  hold(batches: readonly UnsealedBatch[], appended: readonly Appended[]): void {
    for (const [index, answer] of appended.entries()) {
      const batch = batches[index]
      if (batch !== undefined) this.#held.set(batch.bytes, answer)
    }
  }

  restart(): void {
    this.#next = new Map()
  }
}
