import type { EngineFailure, FailureCode } from '../../contracts/failure.ts'
import { backoffAfter } from './backoff.ts'
import {
  type Chain,
  type ChainStep,
  dropped,
  failed,
  indeterminate,
  isVoid,
  replaced,
  reply,
  type SentBatch,
  unknowable,
} from './producer-chain.ts'
import type { AnswerCommand, AppendAnswer, ProducerEffect, ProducerOptions } from './producer-messages.ts'
import { isFatal, isPassing } from './transaction-failure.ts'

/** What a batch was answered, and when. */
interface Refusal {
  readonly options: ProducerOptions
  readonly now: number
  readonly failure: EngineFailure
  readonly unknownProducer: boolean
}

/**
 * What a chain makes of an answer. An older attempt's counts if it says where the batch lies; its refusals say nothing,
 * since the attempts after it are not refused by them.
 */
export const answered = (chain: Chain, options: ProducerOptions, command: AnswerCommand): ChainStep => {
  const { ticket, attempt, answer, now } = command
  const batch = chain.sent.find((other) => other.ticket === ticket)
  if (batch === undefined || attempt < batch.firstAttempt || attempt >= batch.attempts) return [chain, []]
  if (answer._tag === 'appended') return taken(chain, batch, answer)
  if (attempt !== batch.attempts - 1 || batch.awaitedUntil === undefined) return [chain, []]
  const { failure, unknownProducer = false } = answer
  return refused(chain, { ...batch, awaitedUntil: undefined }, { options, now, failure, unknownProducer })
}

/** It lies there, and so does all that was before it. */
const taken = (
  chain: Chain,
  batch: SentBatch,
  { offset, timestamp }: Extract<AppendAnswer, { readonly _tag: 'appended' }>,
): ChainStep => {
  const vouches = batch.index < chain.gapAt
  const sent: SentBatch[] = []
  for (const other of chain.sent) {
    if (other.ticket !== batch.ticket) {
      sent.push(vouches && other.index < batch.index ? { ...other, landed: true } : other)
    } else if (!batch.live) {
      sent.push({ ...batch, awaitedUntil: undefined, landed: true, place: { offset, timestamp } })
    }
  }
  return [
    { ...chain, sent, known: true, failures: 0, retryAt: 0, trouble: undefined },
    batch.live ? [reply(batch.ticket, { _tag: 'appended', offset, timestamp })] : [],
  ]
}

const refused = (chain: Chain, batch: SentBatch, refusal: Refusal): ChainStep => {
  const { failure, options } = refusal
  if (isPassing(failure)) {
    return retry(chain, { ...batch, unsure: batch.unsure || failure.kind === 'indeterminate' }, refusal)
  }
  if (failure.code === 'out-of-order-sequence') return outOfOrder(chain, batch, refusal)
  const overtaken = failure.code === 'invalid-producer-epoch' && !options.transactional
  if (!overtaken && (options.transactional ? isFatal('partition', failure) : failure.kind === 'fatal')) {
    return [replaced(chain, batch), [], { fatal: true, ticket: batch.ticket, failure }]
  }
  if (options.transactional) return [chain, [], { fatal: false, ticket: batch.ticket, failure }]
  if (overtaken) return outpaced(chain, batch, refusal)
  return refusedAlone(chain, batch, failure)
}

const mayHaveMoved: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'timed-out',
  'not-leader',
  'leadership-lost',
  'fenced-leader-epoch',
  'unknown-leader-epoch',
])

/** The same sequence again, in a while: all that fail at once wait once. For what was given up nobody waits. */
const retry = (chain: Chain, batch: SentBatch, { options, now, failure }: Refusal): ChainStep => {
  const { partition, failures } = chain
  const effects: ProducerEffect[] = mayHaveMoved.has(failure.code) ? [{ _tag: 'refreshMetadata', partition }] : []
  const next = { ...replaced(chain, batch), trouble: failure }
  if (chain.retryAt > now || !batch.held) return [next, effects]
  return [{ ...next, failures: failures + 1, retryAt: now + backoffAfter(failures, options) }, effects]
}

/** Nobody has answered in time, which is no answer. */
export const unanswered = (chain: Chain, options: ProducerOptions, now: number): ChainStep => {
  const late = chain.sent.filter(({ awaitedUntil }) => awaitedUntil !== undefined && awaitedUntil <= now)
  if (late.length === 0) return [chain, []]
  const failure = indeterminate(chain.partition, `no answer within ${options.requestTimeoutMs} ms`)
  let after = chain
  let effects: readonly ProducerEffect[] = []
  for (const batch of late) {
    const refusal = { options, now, failure, unknownProducer: false }
    ;[after, effects] = retry(after, { ...batch, awaitedUntil: undefined, unsure: true }, refusal)
  }
  return [after, effects]
}

const outOfOrder = (chain: Chain, batch: SentBatch, refusal: Refusal): ChainStep => {
  const { failure, options, unknownProducer } = refusal
  if (batch.landed) return batch.sentAs === 'landed' ? placeless(chain, batch, failure) : retry(chain, batch, refusal)
  // What it had to follow is surely missing, so it has never been in the log.
  if (batch.index >= chain.gapAt) return [replaced(chain, { ...batch, unsure: false }), []]
  if (batch.sentAs !== 'head') return retry(chain, batch, refusal)
  if (options.transactional) return [chain, [], { fatal: false, ticket: batch.ticket, failure }]
  // A broker that has forgotten the producer may have taken an earlier attempt of it before.
  const first = batch.attempts - batch.firstAttempt === 1
  if (!batch.unsure && (first || !unknownProducer)) return gap(chain, batch)
  return unknownProducer ? lost(chain, batch, failure) : retry(chain, batch, refusal)
}

/** Nothing from this batch on will be in the log in this epoch. */
const gap = (chain: Chain, batch: SentBatch): ChainStep => {
  const gapAt = Math.min(chain.gapAt, batch.index)
  return [{ ...(batch.live ? replaced(chain, batch) : dropped(chain, batch)), gapAt }, released(batch)]
}

const released = ({ live, held, ticket }: SentBatch): ProducerEffect[] =>
  !live && held ? [{ _tag: 'release', ticket }] : []

/** Nobody will ever know. */
const lost = (chain: Chain, batch: SentBatch, cause: EngineFailure): ChainStep => {
  const why = 'it may be in the log, and the partition cannot tell any longer: look whether it is there'
  const [after, effects] = forgotten(chain, batch, unknowable(chain.partition, why, cause))
  return [{ ...after, broken: true }, effects]
}

/** It is in the log, and nobody knows where. */
const placeless = (chain: Chain, batch: SentBatch, cause: EngineFailure): ChainStep => {
  const why = 'it is in the log, but the partition cannot tell its offset any longer: do not send it again'
  return forgotten(chain, batch, unknowable(chain.partition, why, cause))
}

const forgotten = (chain: Chain, batch: SentBatch, failure: EngineFailure): ChainStep => {
  const { ticket, live } = batch
  const release = released({ ...batch, live: false })
  return [dropped(chain, batch), live ? [failed(ticket, failure, true), ...release] : release]
}

/** A higher epoch than this chain's is there, and not by this producer: it takes another id. */
const outpaced = (chain: Chain, batch: SentBatch, refusal: Refusal): ChainStep => {
  const chained = { ...chain, overtaken: true }
  if (batch.landed) return placeless(chained, batch, refusal.failure)
  if (batch.unsure && batch.index < chain.gapAt) return lost(chained, batch, refusal.failure)
  const [waiting] = retry(chained, batch, refusal)
  return gap(waiting, { ...batch, unsure: false })
}

/** What is wrong with the batch itself; the ones behind it get other sequences. */
const refusedAlone = (chain: Chain, batch: SentBatch, failure: EngineFailure): ChainStep => {
  if (batch.landed) return placeless(chain, batch, failure)
  if (batch.unsure && !isVoid(chain, { ...batch, unsure: false })) return lost(chain, batch, failure)
  const [after, effects] = gap(chain, batch)
  return [dropped(after, batch), batch.live ? [failed(batch.ticket, failure)] : effects]
}
