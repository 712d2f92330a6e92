import * as E from 'fp-ts/lib/Either.js'
import type { TransactionalProducer, TransactionOptions } from '../../contracts/engine.ts'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { BatchStager } from './batch-stager.ts'
import { TransactionHolder, type TransactionHolderParts } from './transaction-holder.ts'

export interface TransactionsParts
  extends Omit<TransactionHolderParts, 'transactionalId' | 'timeoutMs' | 'stager' | 'ended'> {
  readonly newStager: () => BatchStager
}

/** Who holds which transactional id in this process. */
export class Transactions {
  readonly #parts: TransactionsParts
  readonly #holders = new Map<string, TransactionHolder>()

  constructor(parts: TransactionsParts) {
    this.#parts = parts
  }

  /** Takes over the id: the holder before is fenced, its open transaction aborted. */
  async take(options: TransactionOptions): Promise<E.Either<EngineFailure, TransactionalProducer>> {
    const { newStager, ...parts } = this.#parts
    const holder: TransactionHolder = new TransactionHolder({
      ...parts,
      ...options,
      stager: newStager(),
      ended: () => {
        if (this.#holders.get(options.transactionalId) === holder) this.#holders.delete(options.transactionalId)
      },
    })
    const taken = await holder.initialize()
    if (taken._tag === 'Left') {
      await holder.producer.close()()
      return taken
    }
    this.#holders.get(options.transactionalId)?.fence()
    this.#holders.set(options.transactionalId, holder)
    return E.right(holder.producer)
  }

  timedOut(transactionalId: string): void {
    this.#holders.get(transactionalId)?.timeOut()
  }

  /** The engine ends: what is open is aborted. */
  abandon(): void {
    this.#parts.coordinator.abandon()
  }
}
