import * as E from 'fp-ts/lib/Either.js'
import type { Appended, Producer, UnsealedBatch } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { PartitionLog } from '../../log/partition-log.ts'
import { lastUsableEpoch } from '../../protocol/broker/transaction-state.ts'
import type { BatchStager } from './batch-stager.ts'
import { childLifetime, type Lifetime } from './lifetime.ts'

export interface PlainProducerParts {
  readonly producerId: number
  readonly stager: BatchStager
  readonly engine: Lifetime
  /** Everything staged so far becomes durable and visible. */
  readonly commit: () => Promise<E.Either<EngineFailure, void>>
}

/** An idempotent producer of the embedded engine. */
export const plainProducer = ({ producerId, stager, engine, commit }: PlainProducerParts): Producer => {
  const lifetime = childLifetime(engine, 'the producer')
  let producerEpoch = 0

  const stage = (log: PartitionLog, batch: UnsealedBatch): E.Either<EngineFailure, Appended> => {
    const staged = stager.stage(log, batch, { producerId, producerEpoch, transactional: false })
    if (staged._tag === 'Right' || staged.left.code !== 'out-of-order-sequence' || producerEpoch === lastUsableEpoch)
      return staged
    // The partition has forgotten this producer, silent for longer than it remembers any. Nothing of ours is under
    // way there that a new epoch could repeat.
    producerEpoch += 1
    stager.restart()
    return stager.stage(log, batch, { producerId, producerEpoch, transactional: false })
  }

  return {
    append: (batches) =>
      lifetime.call(async () => {
        const logs = stager.locate(batches)
        if (logs._tag === 'Left') return logs
        const appended: Appended[] = []
        let refused: E.Left<EngineFailure> | undefined
        for (const [index, log] of logs.right.entries()) {
          const staged = stage(log, batches[index] as UnsealedBatch)
          if (staged._tag === 'Left') {
            refused = staged
            break
          }
          appended.push(staged.right)
        }
        const committed = await commit()
        if (committed._tag === 'Right' && refused === undefined) return E.right(appended)
        stager.hold(batches, appended)
        return committed._tag === 'Left' ? committed : (refused ?? E.right(appended))
      }),
    close: () => async () => {
      lifetime.end()
      return E.right(undefined)
    },
  }
}
