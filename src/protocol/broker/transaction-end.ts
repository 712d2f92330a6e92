import { none } from './producer-state.ts'
import { allocate, answer, type Decision, identified, refuse, write } from './transaction-decision.ts'
import type { Known } from './transaction-init.ts'
import type { EndTransaction } from './transaction-messages.ts'
import {
  identityAfter,
  isExhausted,
  isPrepared,
  lastUsableEpoch,
  prepared,
  type TransactionRecord,
} from './transaction-state.ts'

/**
 * The outcome of a request to commit or abort, by KIP-890's second part.
 *
 * The epoch moves on with each transaction, so it tells a request for the transaction at hand (the epoch as it is) from
 * a late copy of the last one (the epoch before): a late copy is answered as the first was, and ends nothing.
 */
export const decideEnd = (known: Known, request: EndTransaction): Decision => {
  const { record } = known
  if (record === undefined) return refuseStranger(known, request)
  const retry = isRetry(record, request)
  if (record.producerId !== request.producerId && !retry) return refuseStranger(known, request)
  const current = record.producerId === request.producerId && record.epoch === request.epoch
  if (!mayAsk(record, { retry, current })) return refuseFenced(known, record, request)
  if (known.busy || isPrepared(record)) return decideUnderWay(known, record, request)
  // Only a fence reaches the epoch that no producer may have, and who is fenced has nothing to go on with.
  if (record.epoch > lastUsableEpoch) return refuseFenced(known, record, request)
  if (retry) return decideRetry(known, record, request)
  if (record.phase === 'Ongoing' || !request.commit) return end(known, record, request)
  return refuseState(known, record, request)
}

/** The epoch before, or the last of the producer id before. */
const isRetry = (record: TransactionRecord, { producerId, epoch }: EndTransaction): boolean =>
  record.producerId === producerId
    ? epoch === record.epoch - 1
    : producerId === record.previousProducerId && epoch === lastUsableEpoch && record.epoch === 0

const mayAsk = (record: TransactionRecord, { retry, current }: { retry: boolean; current: boolean }): boolean => {
  switch (record.phase) {
    case 'Empty':
    case 'Ongoing':
      return current
    case 'PrepareCommit':
    case 'PrepareAbort':
      return retry
    default:
      return retry || current
  }
}

const decideUnderWay = (known: Known, record: TransactionRecord, request: EndTransaction): Decision =>
  !isPrepared(record) || (record.phase === 'PrepareCommit') === request.commit
    ? refuse('concurrent-transactions', `transactional id "${known.transactionalId}" is changing: try again`)
    : refuseState(known, record, request)

const decideRetry = (known: Known, record: TransactionRecord, request: EndTransaction): Decision =>
  (record.phase === 'CompleteCommit') === request.commit
    ? answer(identified(record))
    : refuseState(known, record, request)

const end = (known: Known, record: TransactionRecord, { commit, now }: EndTransaction): Decision => {
  const exhausted = isExhausted(record.epoch)
  if (exhausted && known.freshId === undefined) return allocate
  const nextProducerId = exhausted ? (known.freshId ?? none) : none
  const next = prepared(record, { commit, epoch: record.epoch + 1, nextProducerId, now })
  return write(next, identified(identityAfter(next)), { lastEpoch: record.epoch })
}

const refuseStranger = ({ transactionalId }: Known, { producerId }: EndTransaction): Decision =>
  refuse(
    'invalid-producer-id-mapping',
    `producer ${producerId} does not own transactional id "${transactionalId}": close this producer`,
  )

const refuseFenced = ({ transactionalId }: Known, { epoch }: TransactionRecord, request: EndTransaction): Decision =>
  refuse(
    'producer-fenced',
    `transactional id "${transactionalId}" is at epoch ${epoch}, not at ${request.epoch}: close this producer`,
  )

const refuseState = ({ transactionalId }: Known, { phase }: TransactionRecord, { commit }: EndTransaction): Decision =>
  refuse(
    'invalid-transaction-state',
    `transactional id "${transactionalId}" is in ${phase} and cannot ${commit ? 'commit' : 'abort'}`,
  )
