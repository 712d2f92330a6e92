import type { EngineFailure } from '../../contracts/failure.ts'
import { backoffAfter } from './backoff.ts'
import type { Chain, ChainStep } from './producer-chain.ts'
import { ended, fallen } from './producer-ending.ts'
import { type Asking, inEachChain, type ProducerSession, type ProducerStep } from './producer-session.ts'
import type { GivenIdentity } from './transaction.ts'
import { isPassing } from './transaction-failure.ts'

/** Asks for an identity if a partition waits for one. In transactions they are handed in. */
export const askIfMissing = (session: ProducerSession, now: number): ProducerStep => {
  const { options, asking, chains } = session
  if (options.transactional || asking !== undefined || !chains.some(lacksIdentity)) return [session, []]
  return ask({ ...session, identity: undefined }, 0, now)
}

const lacksIdentity = ({ identity, queue }: Chain): boolean => identity === undefined && queue.length > 0

const ask = (session: ProducerSession, attempt: number, now: number): ProducerStep => [
  { ...session, asking: { attempt, until: now + session.options.requestTimeoutMs, sent: true } },
  [{ _tag: 'initProducerId', attempt }],
]

export const identified = (
  session: ProducerSession,
  { now, producerId, epoch }: { readonly now: number } & GivenIdentity,
): ProducerStep => {
  if (session.asking === undefined) return [session, []]
  const change = (chain: Chain): ChainStep => [chain, []]
  return inEachChain({ ...session, asking: undefined, identity: { producerId, epoch } }, { now, change, fall: fallen })
}

export const identityFailed = (
  session: ProducerSession,
  { now, failure }: { readonly now: number; readonly failure: EngineFailure },
): ProducerStep => {
  const { asking } = session
  if (asking === undefined || !asking.sent) return [session, []]
  return isPassing(failure) ? askLater(session, asking, now) : ended(session, failure)
}

/** Time has passed. */
export const askAgain = (session: ProducerSession, now: number): ProducerStep => {
  const { asking } = session
  if (asking === undefined || asking.until > now) return [session, []]
  return asking.sent ? askLater(session, asking, now) : ask(session, asking.attempt, now)
}

const askLater = (session: ProducerSession, { attempt }: Asking, now: number): ProducerStep => {
  const until = now + backoffAfter(attempt, session.options)
  return [{ ...session, asking: { attempt: attempt + 1, until, sent: false } }, []]
}
