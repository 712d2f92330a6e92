import { given, isTopic } from '../codec/arguments.ts'
import type { DeadLetter } from '../codec/dead-letter.ts'
import { deadLetters } from '../codec/dead-letters.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import type { Topic } from '../contracts/topic.ts'
import { type DeadLetterPolicy, deadLetter, deadLetterKey } from './dead-letter-policy.ts'
import { isRetryLater, type RetryLaterPolicy, retryLater } from './retry-later.ts'

/**
 * What becomes of a record whose attempt failed:
 * - `halt`: it runs again, after a while, until it succeeds; nothing enters before that
 * - `skip`: it is left out, and counted
 * - {@link deadLetter}: it is written to a topic of its own, in the same transaction
 * - {@link retryLater}: it is put off, and comes in again when it is due
 */
export type ErrorPolicy<R extends AnyRecord = AnyRecord> = 'halt' | 'skip' | DeadLetterPolicy | RetryLaterPolicy<R>

/**
 * Chooses by error and record. A record that could not be read comes with its key and value as bytes, and an
 * `UnreadableRecord` with the codec's report as its error. What this throws halts, and is told on `errors$`.
 */
export type ChoosePolicy<R extends AnyRecord = AnyRecord> = (error: unknown, record: R) => ErrorPolicy<R>

/**
 * A policy, or a function that chooses among policies listed beside it, so that their topics are known before the run.
 * A bare function may choose `halt`, `skip`, and dead letters whose topics are named in `uses`.
 */
export type OnError<R extends AnyRecord = AnyRecord> =
  | ErrorPolicy<R>
  | ChoosePolicy<R>
  | { readonly policies: readonly ErrorPolicy<R>[]; readonly choose: ChoosePolicy<R> }

/**
 * What is wrong with `onError`, and what to write; `undefined` where nothing is. A program without types may hand over
 * anything.
 */
export const onErrorFault = (onError: unknown): string | undefined => {
  if (onError === deadLetter || onError === deadLetters)
    return "onError is the function deadLetter, which was not called: write onError: deadLetter(deadLetters('billing.dead'))"
  if (onError === retryLater)
    return 'onError is the function retryLater, which was not called: write onError: retryLater({ tiers, exhausted })'
  if (onError === deadLetterKey || isKeyPolicy(onError))
    return 'onError is deadLetterKey, which says what becomes of keys that wait in order: write retryLater({ tiers, ordered: true, exhausted: deadLetterKey(topic) })'
  if (typeof onError === 'function' || isPolicy(onError)) return undefined
  if (isTopic(onError)) return `onError is ${given(onError)}, and no policy: write onError: deadLetter(topic)`
  if (typeof onError === 'object' && onError !== null && 'choose' in onError && 'policies' in onError) {
    const { choose, policies } = onError
    const stranger: unknown = Array.isArray(policies) ? policies.find((policy) => !isPolicy(policy)) : undefined
    if (stranger !== undefined)
      return `onError lists ${given(stranger)} among its policies: they are 'halt', 'skip', deadLetter(topic) and retryLater({ … })`
    if (typeof choose === 'function' && Array.isArray(policies) && policies.every(isPolicy))
      return keysGivenUpFault(policies.filter(isRetryLater))
  }
  return `onError ${given(onError)} is none: 'halt', 'skip', deadLetter(…), retryLater(…), a function, or { policies: […], choose: (error, record) => … }`
}

/** A key is given up as a whole, to one topic: what waits behind a record goes where that went. */
const keysGivenUpFault = (policies: readonly RetryLaterPolicy[]): string | undefined => {
  const topics = policies.flatMap(({ exhausted }) =>
    exhausted !== 'halt' && exhausted._tag === 'DeadLetterKey' ? [exhausted.topic.name] : [],
  )
  const [one, other] = new Set(topics)
  return other === undefined
    ? undefined
    : `onError gives keys up to '${one}' and to '${other}', and what waits behind a record goes where that went: name one topic in each deadLetterKey(…)`
}

/** Whether something is a policy by itself. */
export const isPolicy = (policy: unknown): policy is ErrorPolicy =>
  policy === 'halt' || policy === 'skip' || isRetryLater(policy) || isTagged(policy, 'DeadLetter')

const isKeyPolicy = (policy: unknown): boolean => isTagged(policy, 'DeadLetterKey')

const isTagged = (policy: unknown, tag: string): boolean =>
  typeof policy === 'object' && policy !== null && '_tag' in policy && policy._tag === tag

/** The policies that `onError` may choose, as far as it lists them. */
export const policiesOf = (onError: OnError): readonly ErrorPolicy[] => {
  if (typeof onError === 'function') return []
  return typeof onError === 'object' && 'choose' in onError ? onError.policies : [onError]
}

/** Those of them that put records off. */
export const retriesIn = (onError: OnError): readonly RetryLaterPolicy[] => policiesOf(onError).filter(isRetryLater)

/** The topics that `onError` may write to, as far as it lists them. */
export const deadLetterTopics = (onError: OnError): readonly Topic<Uint8Array | null, DeadLetter>[] =>
  policiesOf(onError).flatMap((policy) => {
    const last = isRetryLater(policy) ? policy.exhausted : policy
    return typeof last === 'object' && 'topic' in last ? [last.topic] : []
  })

export const choosing = (onError: OnError): ChoosePolicy => {
  if (typeof onError === 'function') return onError
  if (typeof onError === 'object' && 'choose' in onError) return onError.choose
  return () => onError
}

/** For messages. */
export const policyName = (policy: ErrorPolicy): string => {
  if (typeof policy === 'string') return policy
  return isRetryLater(policy) ? 'retryLater' : `deadLetter(${policy.topic.name})`
}
