import { type EngineFailure, engineFailure, type FailureCode } from '../../contracts/failure.ts'
import type { TransactionReply } from './transaction-messages.ts'
import type { ProducerIdentity, TransactionRecord } from './transaction-state.ts'

/** What a coordinator does about a request. */
export type Decision =
  | { readonly _tag: 'answer'; readonly reply: TransactionReply }
  /** Nothing can be decided without a new producer id. */
  | { readonly _tag: 'allocate' }
  | TransactionWrite

/** A change to write, and what to answer once it is written. */
export interface TransactionWrite {
  readonly _tag: 'write'
  readonly next: TransactionRecord
  /** See `TransactionState.lastEpoch`. */
  readonly lastEpoch: number
  readonly reply: TransactionReply
  /** The write takes the epoch away from its owner. */
  readonly fence: boolean
}

export const allocate: Decision = { _tag: 'allocate' }

export const answer = (reply: TransactionReply): Decision => ({ _tag: 'answer', reply })

export const refused = (failure: EngineFailure): TransactionReply => ({ _tag: 'refused', failure })

export const refuse = (code: FailureCode, message: string): Decision => answer(refused(engineFailure(code, message)))

export const identified = ({ producerId, epoch }: ProducerIdentity): TransactionReply => ({
  _tag: 'identity',
  producerId,
  epoch,
})

export const write = (
  next: TransactionRecord,
  reply: TransactionReply,
  { lastEpoch, fence = false }: { readonly lastEpoch: number; readonly fence?: boolean },
): TransactionWrite => ({ _tag: 'write', next, lastEpoch, reply, fence })
