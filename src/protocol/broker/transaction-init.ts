import { engineFailure } from '../../contracts/failure.ts'
import { none } from './producer-state.ts'
import {
  allocate,
  answer,
  type Decision,
  identified,
  refuse,
  refused,
  type TransactionWrite,
  write,
} from './transaction-decision.ts'
import type { InitProducerId } from './transaction-messages.ts'
import { isExhausted, isPrepared, lastUsableEpoch, prepared, type TransactionRecord } from './transaction-state.ts'

/** The longest timeout that a transaction may ask for, as in Kafka. */
export const transactionTimeoutMaxMs: number = 15 * 60_000

/** What a coordinator knows when it decides: see `TransactionState`. */
export interface Known {
  readonly transactionalId: string
  readonly record: TransactionRecord | undefined
  readonly lastEpoch: number
  readonly failedFence: boolean
  /** A write is under way. */
  readonly busy: boolean
  /** A producer id to use, once one was allocated for this request. */
  readonly freshId: number | undefined
}

/**
 * Who has the transactional id from now on (KIP-360, KIP-890).
 *
 * Without an identity, whoever comes takes over: an open transaction is aborted first, with `concurrent-transactions`
 * for an answer, and the epoch after that abort fences all who were before. With an identity, its owner gets a new
 * epoch, or once more the one whose answer was lost; any other is fenced.
 */
export const decideInit = (known: Known, request: InitProducerId): Decision => {
  const { record } = known
  if (!(request.timeoutMs > 0 && request.timeoutMs <= transactionTimeoutMaxMs)) return refuseTimeout(known, request)
  if (known.busy)
    return refuse('concurrent-transactions', `transactional id "${known.transactionalId}" is changing: try again`)
  if (record === undefined) return created(known, request)
  if (!isOwner(record, request) || !hasEpoch(known, record, request)) return refuseFenced(known, request)
  if (isPrepared(record)) return refuse('concurrent-transactions', underWay(known.transactionalId))
  if (record.phase === 'Ongoing') return fenced(known, record, request)
  if (isRepeated(record, request)) return answer(identified(record))
  return isExhausted(record.epoch) ? rotated(known, record, request) : bumped(record, request)
}

/** Ends an open transaction at an epoch above its owner's, which no producer is ever given if it is the last. */
export const fence = (
  known: Pick<Known, 'failedFence'>,
  record: TransactionRecord,
  { now, lastEpoch, reply }: { now: number; lastEpoch: number; reply: TransactionWrite['reply'] },
): TransactionWrite => {
  // A fence that could not be written holds in memory already: its epoch was never given away, so it will do.
  const epoch = known.failedFence ? record.epoch : Math.min(record.epoch + 1, lastUsableEpoch + 1)
  return write(prepared(record, { commit: false, epoch, nextProducerId: none, now }), reply, { lastEpoch, fence: true })
}

const fenced = (known: Known, record: TransactionRecord, request: InitProducerId): Decision =>
  fence(known, record, {
    now: request.now,
    // An owner that asks for a new epoch in the middle of its transaction gets, when it asks again, the one after the abort.
    lastEpoch: request.identity === undefined ? none : record.epoch,
    reply: refused(engineFailure('concurrent-transactions', underWay(known.transactionalId))),
  })

const underWay = (transactionalId: string): string =>
  `the last transaction of transactional id "${transactionalId}" is being ended: try again`

const isOwner = (record: TransactionRecord, { identity }: InitProducerId): boolean =>
  identity === undefined ||
  identity.producerId === record.producerId ||
  (identity.producerId === record.previousProducerId && isExhausted(identity.epoch))

// Kafka lets any epoch of the right producer id abort an open transaction; a delayed copy of an old request would do so.
const hasEpoch = (known: Known, record: TransactionRecord, { identity }: InitProducerId): boolean =>
  identity === undefined ||
  identity.epoch === record.epoch ||
  (identity.epoch === known.lastEpoch && record.phase !== 'Ongoing')

/** The answer was lost. The epoch above the last usable one is a fence's, and never given away. */
const isRepeated = (record: TransactionRecord, { identity }: InitProducerId): boolean =>
  identity !== undefined && identity.epoch !== record.epoch && record.epoch <= lastUsableEpoch

const created = ({ freshId }: Known, request: InitProducerId): Decision => {
  if (freshId === undefined) return allocate
  const next: TransactionRecord = {
    phase: 'Empty',
    producerId: freshId,
    previousProducerId: none,
    nextProducerId: none,
    epoch: 0,
    timeoutMs: request.timeoutMs,
    partitions: [],
    startedAtMs: none,
    updatedAtMs: request.now,
  }
  return write(next, identified(next), { lastEpoch: none })
}

const emptied = (record: TransactionRecord, request: InitProducerId): TransactionRecord => ({
  ...record,
  phase: 'Empty',
  previousProducerId: record.producerId,
  nextProducerId: none,
  timeoutMs: request.timeoutMs,
  partitions: [],
  startedAtMs: none,
  updatedAtMs: request.now,
})

const rotated = ({ freshId }: Known, record: TransactionRecord, request: InitProducerId): Decision => {
  if (freshId === undefined) return allocate
  const next = { ...emptied(record, request), producerId: freshId, epoch: 0 }
  return write(next, identified(next), { lastEpoch: request.identity?.epoch ?? none })
}

const bumped = (record: TransactionRecord, request: InitProducerId): Decision => {
  const next = { ...emptied(record, request), epoch: record.epoch + 1 }
  return write(next, identified(next), { lastEpoch: request.identity?.epoch ?? none })
}

const refuseTimeout = ({ transactionalId }: Known, { timeoutMs }: InitProducerId): Decision =>
  refuse(
    'invalid-transaction-timeout',
    `transactional id "${transactionalId}" asks for a timeout of ${timeoutMs} ms: give more than 0 and at most ${transactionTimeoutMaxMs}`,
  )

const refuseFenced = ({ transactionalId }: Known, { identity }: InitProducerId): Decision =>
  refuse(
    'producer-fenced',
    `transactional id "${transactionalId}" has a newer owner than producer ${identity?.producerId} with epoch ${identity?.epoch}: close this producer`,
  )
