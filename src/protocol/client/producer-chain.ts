import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../contracts/position.ts'
import type { ProducerEffect, ProducerOptions, TicketAnswer } from './producer-messages.ts'
import type { GivenIdentity } from './transaction.ts'

/** A batch that has no sequence (any longer). */
export interface OfferedBatch {
  readonly ticket: number
  readonly records: number
  readonly bytes: number
  /** When its ticket is answered at the latest. */
  readonly deadline: number
  /** How often it was sent. */
  readonly attempts: number
}

/** A batch that has its sequence, and was sent with it. */
export interface SentBatch extends OfferedBatch {
  /** The how-manyeth of the chain. */
  readonly index: number
  readonly baseSequence: number
  /** The attempt that was the first with this sequence. */
  readonly firstAttempt: number
  readonly firstSentAt: number
  /** Until when an answer is awaited, while one is. */
  readonly awaitedUntil: number | undefined
  /**
   * What was known when it was sent last. `head`: all before it is in the log. `landed`: it is itself. Only then does
   * out-of-order mean more than that it came too early.
   */
  readonly sentAs: 'head' | 'follower' | 'landed'
  /** An earlier attempt may have written it, or may still. */
  readonly unsure: boolean
  /** A later one was taken, so this one is in the log. */
  readonly landed: boolean
  /** Where it lies, if that became known after its ticket was answered. */
  readonly place: { readonly offset: number; readonly timestamp: number } | undefined
  /** Its ticket waits for an answer. If not, it was given up, and the same batch may be offered again. */
  readonly live: boolean
  /** The driver keeps its bytes. */
  readonly held: boolean
}

/**
 * One partition's run of sequences in one epoch. A broker takes them without a gap only, which is what all conclusions
 * rest on: what was taken vouches for all before it, and what is surely missing rules out all behind it.
 */
export interface Chain {
  readonly partition: TopicPartition
  /** Undefined while one is asked for. */
  readonly identity: GivenIdentity | undefined
  /** A batch of it was taken: from here on the broker keeps the order. */
  readonly known: boolean
  readonly nextSequence: number
  readonly nextIndex: number
  /** Those that are live or were given up, by index; no more than twice `maxInFlight`. */
  readonly sent: readonly SentBatch[]
  readonly queue: readonly OfferedBatch[]
  /** From this index on nothing will be in the log in this epoch. */
  readonly gapAt: number
  /** Something that may or may not be in the log was forgotten. */
  readonly broken: boolean
  /** Somebody else writes under this producer id. */
  readonly overtaken: boolean
  /** Failures in a row, and when to go on after the last. */
  readonly failures: number
  readonly retryAt: number
  readonly trouble: EngineFailure | undefined
}

/** The producer as a whole is done for (`fatal`), or its transaction is. */
export interface Downfall {
  readonly fatal: boolean
  readonly ticket: number
  readonly failure: EngineFailure
}

export type ChainStep = readonly [Chain, readonly ProducerEffect[], Downfall?]

export const newChain = (
  partition: TopicPartition,
  identity: GivenIdentity | undefined,
  { firstSequence = 0 }: Pick<ProducerOptions, 'firstSequence'>,
): Chain => ({
  partition,
  identity,
  known: false,
  nextSequence: firstSequence,
  nextIndex: 0,
  sent: [],
  queue: [],
  gapAt: Number.POSITIVE_INFINITY,
  broken: false,
  overtaken: false,
  failures: 0,
  retryAt: 0,
  trouble: undefined,
})

export const isIdle = (chain: Chain): boolean => chain.sent.length === 0 && chain.queue.length === 0

/** Given up, and nobody knows. */
export const isOpen = (batch: SentBatch): boolean => !batch.live && !batch.landed

/** Surely not in the log, nor ever: its sequence may be given back. */
export const isVoid = (chain: Chain, batch: SentBatch): boolean =>
  batch.index >= chain.gapAt && !batch.unsure && batch.awaitedUntil === undefined

/** Nothing new can follow in this epoch. */
export const isOver = (chain: Chain): boolean =>
  chain.broken || chain.gapAt !== Number.POSITIVE_INFINITY || chain.sent.some(isOpen)

/** A batch that was given up is sent along while one behind it waits for an answer: else that one could never be taken. */
export const isCarried = (chain: Chain, batch: SentBatch): boolean =>
  isOpen(batch) &&
  batch.held &&
  chain.sent.some((other) => other.live && other.index > batch.index && other.index < chain.gapAt)

export const replaced = (chain: Chain, batch: SentBatch): Chain => ({
  ...chain,
  sent: chain.sent.map((other) => (other.ticket === batch.ticket ? batch : other)),
})

export const dropped = (chain: Chain, { ticket }: SentBatch): Chain => ({
  ...chain,
  sent: chain.sent.filter((other) => other.ticket !== ticket),
})

export const reply = (ticket: number, answer: TicketAnswer): ProducerEffect => ({ _tag: 'reply', ticket, answer })

export const failed = (ticket: number, failure: EngineFailure, unsure = false): ProducerEffect =>
  reply(ticket, { _tag: 'failed', failure, unsure })

/** What a ticket is answered when nobody can say whether its batch is in the log. */
export const indeterminate = (partition: TopicPartition, why: string, cause?: EngineFailure): EngineFailure =>
  engineFailure('timed-out', `${partitionName(partition)}: ${why}`, cause)

/** Nor ever will: sending the same bytes again does not tell either. */
export const unknowable = (partition: TopicPartition, why: string, cause?: EngineFailure): EngineFailure =>
  engineFailure('outcome-unknown', `${partitionName(partition)}: ${why}`, cause)
