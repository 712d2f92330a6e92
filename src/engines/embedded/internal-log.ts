import * as E from 'fp-ts/lib/Either.js'
import { readRecords } from '../../batch/read-records.ts'
import type { Clock } from '../../contracts/clock.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../contracts/position.ts'
import type { PartitionLog } from '../../log/partition-log.ts'
import { type InternalProducer, type InternalRecord, internalBatch } from '../internal-batch.ts'

/** For one step of replaying. */
const replayBytes = 1024 * 1024

/** One of the engine's own topics, in which a coordinator keeps its state: one partition, compacted. */
export class InternalLog {
  readonly at: TopicPartition
  readonly #log: PartitionLog
  readonly #clock: Clock

  constructor(at: TopicPartition, log: PartitionLog, clock: Clock) {
    this.at = at
    this.#log = log
    this.#clock = clock
  }

  /** Stages the records as one batch, in `producer`'s transaction where one is given; answers the first one's offset. */
  write(records: readonly InternalRecord[], producer?: InternalProducer): E.Either<EngineFailure, number> {
    const now = this.#clock.now()
    return E.map(({ baseOffset }: { baseOffset: number }) => baseOffset)(
      this.#log.stage(internalBatch(records, producer, now), 'coordinator', now, 'trust'),
    )
  }

  /** Every record that counts, in order. Those of aborted transactions do not, nor those whose transaction is open. */
  replay(visit: (record: InternalRecord, offset: number) => void): E.Either<EngineFailure, void> {
    let offset = this.#log.startOffset
    for (;;) {
      const read = this.#log.read({ offset, maxBytes: replayBytes, isolation: 'read_committed' })
      if (read._tag === 'Left') return read
      for (const batch of read.right.batches) {
        const records = readRecords(batch, ({ key, value, offset }) => {
          if (key !== null) visit({ key, value }, offset)
        })
        if (records._tag === 'Left') return E.left(this.unreadable(records.left.reason))
      }
      if (read.right.nextOffset <= offset) return E.right(undefined)
      offset = read.right.nextOffset
    }
  }

  unreadable(why: string): EngineFailure {
    return engineFailure('corrupt-log', `${partitionName(this.at)}: ${why}: restore the directory from a backup`)
  }
}
