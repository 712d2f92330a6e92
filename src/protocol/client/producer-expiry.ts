import { unanswered } from './producer-answer.ts'
import {
  type Chain,
  type ChainStep,
  failed,
  indeterminate,
  isOpen,
  isVoid,
  type OfferedBatch,
  type SentBatch,
} from './producer-chain.ts'
import type { ProducerEffect, ProducerOptions } from './producer-messages.ts'

/** What a chain makes of time that has passed. In a transaction, a ticket that was not answered in time is its end. */
export const expired = (chain: Chain, options: ProducerOptions, now: number): ChainStep => {
  const [awaiting, asked] = unanswered(chain, options, now)
  const late = [...awaiting.sent.filter(({ live }) => live), ...awaiting.queue].find(({ deadline }) => deadline <= now)
  if (options.transactional && late !== undefined) {
    return [awaiting, asked, { fatal: false, ticket: late.ticket, failure: overdue(awaiting, late) }]
  }
  const effects: ProducerEffect[] = [...asked]
  const sent = awaiting.sent.flatMap((batch) => {
    if (batch.live && batch.deadline <= now) return givenUp(awaiting, batch, effects)
    return isOutdated(batch, options, now) ? forgotten(batch, effects) : [batch]
  })
  const queue = late === undefined ? awaiting.queue : awaiting.queue.filter((batch) => batch.deadline > now)
  for (const batch of awaiting.queue) {
    if (batch.deadline <= now) effects.push(failed(batch.ticket, overdue(awaiting, batch)))
  }
  const forgets = awaiting.sent.some((batch) => isOpen(batch) && isOutdated(batch, options, now))
  return [{ ...awaiting, sent, queue, broken: awaiting.broken || forgets }, effects]
}

/** Its ticket is answered; whatever was sent of it is not taken back. */
const givenUp = (chain: Chain, batch: SentBatch, effects: ProducerEffect[]): SentBatch[] => {
  const unsure = !isVoid(chain, batch)
  effects.push(failed(batch.ticket, unsure ? unresolved(chain, batch) : overdue(chain, batch), unsure))
  return unsure ? [{ ...batch, live: false }] : []
}

const forgotten = ({ held, ticket }: SentBatch, effects: ProducerEffect[]): SentBatch[] => {
  if (held) effects.push({ _tag: 'release', ticket })
  return []
}

/** Its broker may have forgotten the producer, and would take it a second time. */
const isOutdated = (batch: SentBatch, { resumeMs }: ProducerOptions, now: number): boolean =>
  !batch.live && batch.awaitedUntil === undefined && batch.firstSentAt + resumeMs <= now

const unresolved = ({ partition, trouble }: Chain, { attempts }: SentBatch) =>
  indeterminate(
    partition,
    `sent ${attempts} times without an answer that decides: it may be in the log; append the very same batch again, and nothing else before, to find out`,
    trouble,
  )

const overdue = ({ partition, trouble }: Chain, { attempts }: OfferedBatch) =>
  indeterminate(
    partition,
    attempts === 0
      ? 'it was not sent in time, so it is not in the log: is there a leader, and was everything before it answered?'
      : `sent ${attempts} times and not taken in time`,
    trouble,
  )

/** When the chain has to be looked at again; Infinity while it waits for nothing but answers. */
export const chainDeadline = (chain: Chain, { resumeMs }: ProducerOptions): number => {
  let earliest = Number.POSITIVE_INFINITY
  for (const { live, deadline, awaitedUntil, firstSentAt } of chain.sent) {
    const next = live ? deadline : awaitedUntil === undefined ? firstSentAt + resumeMs : awaitedUntil
    earliest = Math.min(earliest, next, awaitedUntil ?? earliest)
  }
  for (const { deadline } of chain.queue) earliest = Math.min(earliest, deadline)
  return earliest
}
