import { given, isTopic, refuseArgument } from '../codec/arguments.ts'
import { type DeadLetter, deadLetterOf } from '../codec/dead-letter.ts'
import { deadLetters } from '../codec/dead-letters.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import type { AnyTopic, Topic } from '../contracts/topic.ts'

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
  const example = "deadLetter(deadLetters('billing.dead'))"
  if (!isTopic(topic)) refuseArgument('deadLetter(…)', 'a topic of dead letters', topic, `write ${example}`)
  const why = letterFault(topic)
  if (why !== undefined)
    refuseArgument('deadLetter(…)', 'a topic of dead letters', topic, `it cannot hold them (${why}), write ${example}`)
  return { _tag: 'DeadLetter', topic }
}

/** Why a letter cannot be written to `topic`; `undefined` where it can: any codecs that take one will do. */
const letterFault = ({ key, value }: AnyTopic): string | undefined => {
  try {
    for (const bytes of [null, new Uint8Array(1)]) key.encode(bytes)
    value.encode(deadLetterOf({ pipeline: 'billing', record: sample, error: new Error('a sample') }))
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

const sample = { topic: 'orders', partition: 0, offset: 0, timestamp: 0, key: null, value: null, headers: new Map() }

/**
 * What is wrong with `onError`, and what to write; `undefined` where nothing is. A program without types may hand over
 * anything.
 */
export const onErrorFault = (onError: unknown): string | undefined => {
  if (onError === deadLetter || onError === deadLetters)
    return "onError is the function deadLetter, which was not called: write onError: deadLetter(deadLetters('billing.dead'))"
  if (typeof onError === 'function' || isPolicy(onError)) return undefined
  if (isTopic(onError)) return `onError is ${given(onError)}, and no policy: write onError: deadLetter(topic)`
  if (typeof onError === 'object' && onError !== null && 'choose' in onError && 'policies' in onError) {
    const { choose, policies } = onError
    const stranger: unknown = Array.isArray(policies) ? policies.find((policy) => !isPolicy(policy)) : undefined
    if (stranger !== undefined)
      return `onError lists ${given(stranger)} among its policies: they are 'halt', 'skip' and deadLetter(topic)`
    if (typeof choose === 'function' && Array.isArray(policies) && policies.every(isPolicy)) return undefined
  }
  return `onError ${given(onError)} is none: 'halt', 'skip', deadLetter(…), a function, or { policies: […], choose: (error, record) => … }`
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
