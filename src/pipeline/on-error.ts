import type { DeadLetter } from '../codec/dead-letter.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import type { Topic } from '../contracts/topic.ts'

/** Writes the record that failed to `topic`, and goes on. Made by {@link deadLetter}. */
export interface DeadLetterPolicy {
  readonly _tag: 'DeadLetter'
  readonly topic: Topic<Uint8Array | null, DeadLetter>
}

/**
 * What becomes of a record whose attempt failed:
 * - `halt`: it runs again, after a while, until it succeeds; nothing enters before that
 * - `skip`: it is left out, and counted
 * - {@link deadLetter}: it is written to a topic of its own, in the same transaction
 */
export type ErrorPolicy = 'halt' | 'skip' | DeadLetterPolicy

/**
 * Chooses by error and record. A record that could not be read comes with its key and value as bytes, and an
 * `UnreadableRecord` with the codec's report as its error. What this throws halts, and is told on `errors$`.
 */
export type ChoosePolicy<R extends AnyRecord = AnyRecord> = (error: unknown, record: R) => ErrorPolicy

/**
 * A policy, or a function that chooses among policies listed beside it, so that their topics are known before the run.
 * A bare function may choose `halt`, `skip`, and dead letters whose topics are named in `uses`.
 */
export type OnError<R extends AnyRecord = AnyRecord> =
  | ErrorPolicy
  | ChoosePolicy<R>
  | { readonly policies: readonly ErrorPolicy[]; readonly choose: ChoosePolicy<R> }

/**
 * A policy that writes each record that failed to `topic`, with the reason, and goes on. The letter keeps the record's
 * bytes as they were, so that it can be sent again.
 *
 * @example
 * ```ts
 * import { deadLetter, deadLetters } from 'millrace'
 *
 * const policy = deadLetter(deadLetters('billing.dead'))
 * policy.topic.name // => 'billing.dead'
 * ```
 */
export const deadLetter = (topic: Topic<Uint8Array | null, DeadLetter>): DeadLetterPolicy => {
  if (typeof topic?.name !== 'string')
    throw new TypeError(`deadLetter(…) takes a topic of dead letters: deadLetter(deadLetters('billing.dead'))`)
  return { _tag: 'DeadLetter', topic }
}

/** Whether `onError` is one of the forms that it may have: a program without types may hand over anything. */
export const isOnError = (onError: unknown): onError is OnError => {
  if (typeof onError === 'function' || isPolicy(onError)) return true
  if (typeof onError !== 'object' || onError === null || !('choose' in onError && 'policies' in onError)) return false
  const { choose, policies } = onError
  return typeof choose === 'function' && Array.isArray(policies) && policies.every(isPolicy)
}

/** Whether something is a policy by itself. */
export const isPolicy = (policy: unknown): policy is ErrorPolicy =>
  policy === 'halt' ||
  policy === 'skip' ||
  (typeof policy === 'object' && policy !== null && '_tag' in policy && policy._tag === 'DeadLetter')

/** The topics that `onError` may write to, as far as it lists them. */
export const deadLetterTopics = (onError: OnError): readonly Topic<Uint8Array | null, DeadLetter>[] => {
  const policies = typeof onError === 'object' && 'choose' in onError ? onError.policies : [onError]
  return policies.flatMap((policy) => (typeof policy === 'object' && '_tag' in policy ? [policy.topic] : []))
}

export const choosing = (onError: OnError): ChoosePolicy => {
  if (typeof onError === 'function') return onError
  if (typeof onError === 'object' && 'choose' in onError) return onError.choose
  return () => onError
}

/** For messages. */
export const policyName = (policy: ErrorPolicy): string =>
  typeof policy === 'string' ? policy : `deadLetter(${policy.topic.name})`
