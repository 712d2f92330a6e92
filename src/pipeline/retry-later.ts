import { given } from '../codec/arguments.ts'
import { type Duration, durationMs } from '../codec/duration.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { checkCount } from '../codec/option-values.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import type { DeadLetterKeyPolicy, DeadLetterPolicy } from './dead-letter-policy.ts'

/** What becomes of a record that has failed once more than there are tiers, or is not to be tried again at all. */
export type Exhausted = 'halt' | DeadLetterPolicy | DeadLetterKeyPolicy

/** What {@link retryLater} takes. */
export interface RetryLaterOptions<R extends AnyRecord = AnyRecord> {
  /** How long a record waits after its first failure, its second, and so on; one that fails after the last is exhausted. */
  readonly tiers: readonly Duration[]
  /** The key's later records wait behind one that waits; false where nothing is said. */
  readonly ordered?: boolean
  readonly exhausted: Exhausted
  /** Whether an error may pass; one for which this is false exhausts the record at once. True where nothing is said. */
  readonly retryIf?: (error: unknown, record: R) => boolean
  /** How much longer a record may wait, as a part of its tier: 0.1, a tenth, where nothing is said. */
  readonly jitter?: number
  /** How many records of one key may wait in order; 1,000 where nothing is said. */
  readonly maxParkedPerKey?: number
  /** How many of all keys of a task; 10,000 where nothing is said. */
  readonly maxParked?: number
}

/** Puts a record that failed off, and lets it in again when it is due. Made by {@link retryLater}. */
export interface RetryLaterPolicy<R extends AnyRecord = AnyRecord> {
  readonly _tag: 'RetryLater'
  readonly tiers: readonly RetryTier[]
  readonly ordered: boolean
  readonly exhausted: Exhausted
  // a method, so that one for some records is a policy for any: the pipeline that it is given to says which they are
  retryIf(error: unknown, record: R): boolean
  readonly jitter: number
  readonly maxParkedPerKey: number
  readonly maxParked: number
}

/** One tier: its name, as it was written, and how long records wait there. */
export interface RetryTier {
  readonly name: Duration
  readonly waitMs: number
}

/**
 * A policy that puts a record that failed off: it waits in a topic of the pipeline's own, comes in again when it is due, and
 * runs anew from the top, as the record that it was: same topic, partition, offset, id, timestamp and headers.
 *
 * **Order** without `ordered` the key's later records go on meanwhile. With it they wait behind, unprocessed, and other keys
 * go on; records without a key are one key.
 *
 * **Guarantees** never early; what a failed attempt wrote is dropped; each step is one transaction with the offset.
 *
 * **Errors** throws `TypeError` for options that are none.
 *
 * @example
 * ```ts
 * import { deadLetter, deadLetters, retryLater } from 'millrace'
 *
 * const policy = retryLater({ tiers: ['5s', '1m', '30m'], ordered: true, exhausted: deadLetter(deadLetters('charge.dead')) })
 * policy.tiers.map((tier) => tier.waitMs) // => [5000, 60000, 1800000]
 * ```
 */
export const retryLater = <R extends AnyRecord = AnyRecord>(options: RetryLaterOptions<R>): RetryLaterPolicy<R> => {
  refuseUnknownOptions(call, options, known)
  const {
    ordered = false,
    exhausted,
    retryIf = always,
    jitter = 0.1,
    maxParkedPerKey = 1_000,
    maxParked = 10_000,
  } = options
  const tiers = tiersOf(options.tiers)
  if (typeof ordered !== 'boolean') refuse(`ordered is true or false, and not ${given(ordered)}`)
  const fault = exhaustedFault(exhausted, ordered)
  if (fault !== undefined) refuse(fault)
  if (typeof retryIf !== 'function')
    refuse(`retryIf is a function, as in (error) => !(error instanceof CardRefused), and not ${given(retryIf)}`)
  if (!(typeof jitter === 'number' && jitter >= 0 && jitter <= 1))
    refuse(`jitter is a part of the wait, from 0 to 1, and not ${given(jitter)}`)
  checkCount(call, 'maxParkedPerKey', maxParkedPerKey, 1)
  checkCount(call, 'maxParked', maxParked, 1)
  return { _tag: 'RetryLater', tiers, ordered, exhausted, retryIf, jitter, maxParkedPerKey, maxParked }
}

/** Whether something was made by {@link retryLater}. */
export const isRetryLater = (policy: unknown): policy is RetryLaterPolicy =>
  typeof policy === 'object' && policy !== null && '_tag' in policy && policy._tag === 'RetryLater'

const call = 'retryLater(…)'

const known = ['tiers', 'ordered', 'exhausted', 'retryIf', 'jitter', 'maxParkedPerKey', 'maxParked']

const always = (): boolean => true

/** Two years: what waits longer than that is lost from sight. */
const longestWaitMs = 2 * 365 * 86_400_000

const tiersOf = (tiers: unknown): readonly RetryTier[] => {
  if (!Array.isArray(tiers) || tiers.length === 0)
    return refuse(`tiers is a list of times, as in ['5s', '1m', '30m'], and not ${given(tiers)}`)
  return tiers.map((name: Duration) => {
    const waitMs = durationMs(`${call}: a tier`, name)
    if (!Number.isInteger(waitMs) || waitMs < 1 || waitMs > longestWaitMs)
      refuse(`a tier is 1ms to 730d, in whole milliseconds, and not ${given(name)}`)
    return { name, waitMs }
  })
}

const exhaustedFault = (exhausted: unknown, ordered: boolean): string | undefined => {
  if (exhausted === 'halt') return undefined
  if (typeof exhausted === 'object' && exhausted !== null && '_tag' in exhausted) {
    if (exhausted._tag === 'DeadLetter' || (exhausted._tag === 'DeadLetterKey' && ordered)) return undefined
    if (exhausted._tag === 'DeadLetterKey')
      return 'exhausted is deadLetterKey(…), which gives a key up as a whole: that takes ordered: true, or write deadLetter(…)'
  }
  return `exhausted is what becomes of a record that goes on failing: deadLetter(topic), deadLetterKey(topic) or 'halt', and not ${given(exhausted)}`
}

const refuse = (what: string): never => {
  throw new TypeError(`${call}: ${what}`)
}
