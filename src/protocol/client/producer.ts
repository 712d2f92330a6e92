import { andThen } from '../step.ts'
import { answered } from './producer-answer.ts'
import { append } from './producer-append.ts'
import type { Chain } from './producer-chain.ts'
import { closed, doomed, ended, fallen } from './producer-ending.ts'
import { chainDeadline, expired } from './producer-expiry.ts'
import { askAgain, askIfMissing, identified, identityFailed } from './producer-identity.ts'
import type { ProducerCommand } from './producer-messages.ts'
import { waitsToRetry } from './producer-send.ts'
import { inChain, inEachChain, type ProducerSession, type ProducerStep } from './producer-session.ts'

/**
 * The client's side of idempotent producing: numbers batches, sends them until they are answered, and says of each
 * whether it is in the log.
 *
 * **Guarantees** what is answered `appended` is there once, where it says, and each partition keeps the order of the
 * appends. What failed and is not `unsure` is not there. What is `unsure` is there at most once; offered again under its
 * ticket, before anything else follows in its partition, it is found out, and afterwards it fails as unsure again.
 * Every ticket is answered within its delivery timeout.
 *
 * It rests on brokers that remember a producer's last `maxInFlight` batches for longer than `resumeMs`. One that loses
 * them sooner takes a partition's first batch a second time, if that is repeated then; any other it refuses.
 *
 * Whoever drives it keeps the bytes of each ticket, sends, hands in the answers in any order, and ticks at
 * {@link producerDeadline}.
 *
 * Source: Kafka's Sender and TransactionManager; KIP-98, KIP-360.
 */
export const stepProducer = (session: ProducerSession, command: ProducerCommand): ProducerStep => {
  if (session.ended !== undefined && command._tag !== 'append') {
    return [session, command._tag === 'close' ? [{ _tag: 'closed' }] : []]
  }
  return andThen(decide(session, command), (after) => settle(after, command.now))
}

/** When the producer has to be ticked; Infinity while it waits for nothing. */
export const producerDeadline = ({ options, chains, asking, closesAt, ended }: ProducerSession): number => {
  if (ended !== undefined) return Number.POSITIVE_INFINITY
  let earliest = Math.min(closesAt, asking?.until ?? Number.POSITIVE_INFINITY)
  for (const chain of chains) {
    earliest = Math.min(earliest, chainDeadline(chain, options))
    if (waitsToRetry(chain, options)) earliest = Math.min(earliest, chain.retryAt)
  }
  return earliest
}

const decide = (session: ProducerSession, command: ProducerCommand): ProducerStep => {
  switch (command._tag) {
    case 'append':
      return append(session, command)
    case 'answer':
      return inChain(session, command.partition, {
        now: command.now,
        change: (chain) => answered(chain, session.options, command),
        fall: fallen,
      })
    case 'identified':
      return identified(session, command)
    case 'identityFailed':
      return identityFailed(session, command)
    case 'begin':
      return andThen(doomed(session), (after) => [{ ...after, identity: command.identity, doomed: undefined }, []])
    case 'abort':
      return doomed(session)
    case 'close':
      return [{ ...session, closesAt: Math.min(session.closesAt, command.until) }, []]
    case 'tick':
      return tick(session, command.now)
  }
}

const tick = (session: ProducerSession, now: number): ProducerStep =>
  andThen(askAgain(session, now), (asked) =>
    inEachChain(asked, { now, change: (chain) => expired(chain, asked.options, now), fall: fallen }),
  )

const settle = (session: ProducerSession, now: number): ProducerStep => {
  const { ended: end, closesAt, chains } = session
  if (end !== undefined) return [session, []]
  const closes = closesAt !== Number.POSITIVE_INFINITY
  if (closes && (closesAt <= now || chains.every(isAnswered))) return ended(session, closed)
  return askIfMissing(session, now)
}

const isAnswered = ({ sent, queue }: Chain): boolean => queue.length === 0 && !sent.some(({ live }) => live)
