import type * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import type { TransactionReply } from '../../protocol/broker/transaction-messages.ts'

/** Why a decision is not one yet. */
export const failureOf = (committed: E.Either<EngineFailure, void>, reply: TransactionReply): EngineFailure => {
  if (committed._tag === 'Left') return committed.left
  if (reply._tag === 'refused') return reply.failure
  throw new Error(`broken invariant: ${reply._tag} is no refusal`)
}

/** The machine goes on asking for an end that there was no room for: to whoever waited it may happen yet. */
export const undecided = (transactionalId: string, commit: boolean, failure: EngineFailure): EngineFailure =>
  engineFailure(
    'timed-out',
    `the ${commit ? 'commit' : 'abort'} of transactional id '${transactionalId}' waits for room, and comes through as soon as there is some: ask for it again, or take the id anew and look: ${failure.message}`,
    failure,
  )

/** A transaction that lost something can only be aborted. */
export const mustAbort = (transactionalId: string, failure: EngineFailure): EngineFailure =>
  engineFailure(
    'transaction-aborted',
    `the transaction of '${transactionalId}' must be aborted: ${failure.message}`,
    failure,
  )

export const fenced = (transactionalId: string): EngineFailure =>
  engineFailure(
    'producer-fenced',
    `transactional id '${transactionalId}' was taken over by a newer producer: close this one, or give each running instance an id of its own`,
  )

export const tookTooLong = (transactionalId: string, timeoutMs: number): EngineFailure =>
  engineFailure(
    'transaction-aborted',
    `a transaction of '${transactionalId}' was open for more than ${timeoutMs} ms and was aborted: abort, and do less in one, or allow it more time`,
  )

/** The coordinator is of this process and has time: it did not answer at once because the id is in other hands just now. */
export const unanswered = (transactionalId: string): EngineFailure =>
  engineFailure('concurrent-transactions', `transactional id '${transactionalId}' is changing: try again`)
