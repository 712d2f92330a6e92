import { lastUsableEpoch } from '../broker/transaction-state.ts'
import { sequenceAfter } from '../sequence.ts'
import {
  type Chain,
  type ChainStep,
  isCarried,
  isOver,
  isVoid,
  newChain,
  type OfferedBatch,
  type SentBatch,
} from './producer-chain.ts'
import type { NumberedBatch, ProducerOptions } from './producer-messages.ts'
import type { GivenIdentity } from './transaction.ts'

/** What a chain may send now, and what it need not keep any longer. */
export const settled = (
  chain: Chain,
  options: ProducerOptions,
  { now, identity }: { readonly now: number; readonly identity: GivenIdentity | undefined },
): ChainStep => {
  const [kept, released] = withoutUnneeded(chain)
  const [after, sent] = sendDue(renewed(kept, options, identity), options, now)
  return [remembered(after, options), released.length === 0 ? sent : [...released, ...sent]]
}

const withoutUnneeded = (chain: Chain): ChainStep => {
  const unneeded = chain.sent.filter((batch) => batch.held && !batch.live && !isCarried(chain, batch))
  if (unneeded.length === 0) return [chain, []]
  const sent = chain.sent.map((batch) => (unneeded.includes(batch) ? { ...batch, held: false } : batch))
  return [{ ...chain, sent }, unneeded.map(({ ticket }) => ({ _tag: 'release', ticket }))]
}

/** With so many behind it, no broker knows any longer where a batch lies. */
const remembered = (chain: Chain, { maxInFlight }: ProducerOptions): Chain => {
  const isForgotten = ({ live, landed, index }: SentBatch) => !live && landed && chain.nextIndex - index > maxInFlight
  if (!chain.sent.some(isForgotten)) return chain
  return { ...chain, sent: chain.sent.filter((batch) => !isForgotten(batch)) }
}

/**
 * Begins a new epoch where nothing new can follow in this one. Only what was never sent, or is surely not in the log,
 * gets another sequence; and only once there is something to send, since what was given up can be asked for until then.
 * The first batch of the new epoch that a broker takes fences whatever is still on its way.
 */
const renewed = (chain: Chain, options: ProducerOptions, identity: GivenIdentity | undefined): Chain => {
  if (chain.identity === undefined) return identity === undefined ? chain : { ...chain, identity }
  if (options.transactional || !isOver(chain)) return chain
  const waits = chain.sent.filter(({ live }) => live)
  const undecided =
    chain.sent.some(({ awaitedUntil }) => awaitedUntil !== undefined) || !waits.every((batch) => isVoid(chain, batch))
  if (undecided || (waits.length === 0 && chain.queue.length === 0)) return chain
  const queue: OfferedBatch[] = waits.map(({ ticket, records, bytes, deadline, attempts }) => ({
    ticket,
    records,
    bytes,
    deadline,
    attempts,
  }))
  return {
    ...newChain(chain.partition, following(chain, chain.identity, identity), options),
    queue: [...queue, ...chain.queue],
    failures: chain.failures,
    retryAt: chain.retryAt,
    trouble: chain.trouble,
  }
}

/** A new id fences nobody, so it is the last resort; but where all others have moved on to one, this may, too. */
const following = (
  { overtaken }: Chain,
  old: GivenIdentity,
  identity: GivenIdentity | undefined,
): GivenIdentity | undefined => {
  const { producerId, epoch } = old
  if (!overtaken && epoch < lastUsableEpoch) return { producerId, epoch: epoch + 1 }
  return identity?.producerId === producerId ? undefined : identity
}

const sendDue = (chain: Chain, options: ProducerOptions, now: number): ChainStep => {
  const { identity, partition } = chain
  if (identity === undefined || chain.retryAt > now) return [chain, []]
  const batches: NumberedBatch[] = []
  const sent = chain.sent.slice()
  const next: Cursor = { sequence: chain.nextSequence, index: chain.nextIndex, queued: 0 }
  const send = (batch: SentBatch): SentBatch => {
    batches.push({ ...identity, ticket: batch.ticket, baseSequence: batch.baseSequence, attempt: batch.attempts })
    return { ...batch, attempts: batch.attempts + 1, awaitedUntil: now + options.requestTimeoutMs }
  }
  for (const [at, batch] of sent.entries()) {
    if (isDue(chain, batch)) sent[at] = send({ ...batch, sentAs: roleOf(batch, sent.slice(0, at), chain) })
  }
  while (mayFollow(chain, options, sent, next)) {
    const offered = chain.queue[next.queued++] as OfferedBatch
    sent.push(send(numbered(offered, next, { now, sentAs: roleOf(undefined, sent, chain) })))
    next.sequence = sequenceAfter(next.sequence, offered.records)
    next.index++
  }
  if (batches.length === 0) return [chain, []]
  const queue = next.queued === 0 ? chain.queue : chain.queue.slice(next.queued)
  return [
    { ...chain, sent, queue, nextSequence: next.sequence, nextIndex: next.index },
    [{ _tag: 'send', partition, batches }],
  ]
}

interface Cursor {
  sequence: number
  index: number
  queued: number
}

/** What is void waits for the next epoch. */
const isDue = (chain: Chain, batch: SentBatch): boolean =>
  batch.awaitedUntil === undefined && (batch.live ? !isVoid(chain, batch) : isCarried(chain, batch))

/** All that was sent counts, and not only what is unanswered: a broker remembers the last few, in their order. */
const mayFollow = (chain: Chain, options: ProducerOptions, sent: readonly SentBatch[], next: Cursor): boolean => {
  if (next.queued === chain.queue.length || isOver(chain)) return false
  const oldest = sent.find(({ live }) => live)?.index ?? next.index
  // a broker that has never heard of the producer may take any sequence: its first batch goes alone
  const most = chain.known || options.transactional ? options.maxInFlight : 1
  return next.index - oldest < most
}

const roleOf = (batch: SentBatch | undefined, before: readonly SentBatch[], chain: Chain): SentBatch['sentAs'] => {
  if (batch?.landed === true) return 'landed'
  return !chain.broken && before.every(({ landed }) => landed) ? 'head' : 'follower'
}

const numbered = (
  offered: OfferedBatch,
  { sequence, index }: Cursor,
  { now, sentAs }: { readonly now: number; readonly sentAs: SentBatch['sentAs'] },
): SentBatch => ({
  ...offered,
  index,
  baseSequence: sequence,
  firstAttempt: offered.attempts,
  firstSentAt: now,
  awaitedUntil: undefined,
  sentAs,
  unsure: false,
  landed: false,
  place: undefined,
  live: true,
  held: true,
})

/** Whether something would be sent if it were not for the wait after a failure. */
export const waitsToRetry = (chain: Chain, options: ProducerOptions): boolean =>
  chain.identity !== undefined &&
  (chain.sent.some((batch) => isDue(chain, batch)) ||
    mayFollow(chain, options, chain.sent, { sequence: chain.nextSequence, index: chain.nextIndex, queued: 0 }))
