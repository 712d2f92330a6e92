import * as E from 'fp-ts/lib/Either.js'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { PartitionLog } from '../../log/partition-log.ts'
import { none } from '../../protocol/broker/producer-state.ts'

/** There is no coordinator to speak for. */
const coordinatorEpoch = 0

/** Up to where each producer's epochs go in these partitions, once the transactions that are open there have ended. */
export const epochsIn = (logs: Iterable<PartitionLog>): ReadonlyMap<number, number> => {
  const epochs = new Map<number, number>()
  for (const log of logs)
    for (const { producerId, epoch, openTransaction } of log.producers.values()) {
      const ended = openTransaction === none ? epoch : epoch + 1
      if (ended > (epochs.get(producerId) ?? none)) epochs.set(producerId, ended)
    }
  return epochs
}

/**
 * Aborts, in every partition, the transactions that no coordinator knows of; `isKnown` tells those whose end it still
 * has to write. A loss of power leaves such where nothing was synced: the records are there, and what was said of their
 * transaction is not. Their writers are dead; left open, they would hold back what is behind them for ever.
 */
export const abortLostTransactions = (
  logs: Iterable<PartitionLog>,
  { isKnown, now }: { readonly isKnown: (producerId: number) => boolean; readonly now: number },
): E.Either<EngineFailure, void> => {
  for (const log of logs) {
    if (log.damage !== undefined) continue
    for (const { producerId, epoch, openTransaction } of [...log.producers.values()]) {
      if (openTransaction === none || isKnown(producerId)) continue
      const marker = { producerId, producerEpoch: epoch + 1, coordinatorEpoch, commit: false, now }
      const staged = log.stageMarker(marker)
      if (E.isLeft(staged)) return staged
    }
  }
  return E.right(undefined)
}
