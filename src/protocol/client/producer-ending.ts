import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { type Downfall, failed, indeterminate, type SentBatch } from './producer-chain.ts'
import type { ProducerEffect } from './producer-messages.ts'
import type { ProducerSession, ProducerStep } from './producer-session.ts'

export const closed: EngineFailure = engineFailure('closed', 'the producer was closed: open another')

const aborted: EngineFailure = engineFailure(
  'transaction-aborted',
  'the transaction was aborted before this was acknowledged: run it again from its beginning',
)

export const fallen = (session: ProducerSession, downfall: Downfall): ProducerStep =>
  downfall.fatal ? ended(session, downfall.failure) : doomed(session, downfall)

/** The transaction will be aborted, so that nothing of it needs to be waited for. */
export const doomed = (session: ProducerSession, downfall?: Downfall): ProducerStep => {
  const others = downfall === undefined ? aborted : engineFailure(aborted.code, aborted.message, downfall.failure)
  const effects: ProducerEffect[] = []
  for (const { sent, queue } of session.chains) {
    for (const { ticket } of [...sent, ...queue]) {
      effects.push(failed(ticket, downfall?.ticket === ticket ? downfall.failure : others))
    }
  }
  return [{ ...session, identity: undefined, chains: [], doomed: others }, effects]
}

/** Everything is answered: what was sent and not decided, that it may be in the log. */
export const ended = (session: ProducerSession, failure: EngineFailure): ProducerStep => {
  const effects: ProducerEffect[] = []
  const why = 'it may be in the log, and its producer is done for: look whether it is there'
  for (const { partition, sent, queue } of session.chains) {
    for (const batch of sent) {
      const { ticket, live } = batch
      const unsure = mayBeThere(batch) && !session.options.transactional
      if (live && unsure) effects.push(failed(ticket, indeterminate(partition, why, failure), true))
      else if (live) effects.push(failed(ticket, failure))
      if (batch.held && (unsure || !live)) effects.push({ _tag: 'release', ticket })
    }
    for (const { ticket } of queue) effects.push(failed(ticket, failure))
  }
  if (session.closesAt !== Number.POSITIVE_INFINITY) effects.push({ _tag: 'closed' })
  return [{ ...session, chains: [], asking: undefined, identity: undefined, ended: failure }, effects]
}

const mayBeThere = ({ unsure, landed, awaitedUntil }: SentBatch): boolean =>
  unsure || landed || awaitedUntil !== undefined
