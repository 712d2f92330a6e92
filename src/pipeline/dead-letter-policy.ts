import { isTopic, refuseArgument } from '../codec/arguments.ts'
import { type DeadLetter, deadLetterOf } from '../codec/dead-letter.ts'
import type { AnyTopic, Topic } from '../contracts/topic.ts'

/** Writes the record that failed to `topic`, and goes on. Made by {@link deadLetter}. */
export interface DeadLetterPolicy {
  readonly _tag: 'DeadLetter'
  readonly topic: Topic<Uint8Array | null, DeadLetter>
}

/** Writes the record that failed to `topic`, and with it all of its key. Made by {@link deadLetterKey}. */
export interface DeadLetterKeyPolicy {
  readonly _tag: 'DeadLetterKey'
  readonly topic: Topic<Uint8Array | null, DeadLetter>
}

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
  requireLetters('deadLetter', topic)
  return { _tag: 'DeadLetter', topic }
}

/**
 * What `retryLater` with `ordered` may do with a key whose first record is exhausted: the record is written to `topic`, and so
 * is all that waits behind it, in order. The key is given up then: what comes of it later goes the same way without being
 * run, until a record of it is sent back from its dead letters.
 *
 * For keys whose later records make no sense without the earlier ones.
 *
 * @example
 * ```ts
 * import { deadLetterKey, deadLetters, retryLater } from 'millrace'
 *
 * const exhausted = deadLetterKey(deadLetters('charge.dead'))
 * const policy = retryLater({ tiers: ['1m'], ordered: true, exhausted })
 * policy.exhausted === exhausted // => true
 * ```
 */
export const deadLetterKey = (topic: Topic<Uint8Array | null, DeadLetter>): DeadLetterKeyPolicy => {
  requireLetters('deadLetterKey', topic)
  return { _tag: 'DeadLetterKey', topic }
}

/** Refuses what is no topic of dead letters, or one that cannot hold them. */
export const requireLetters = (call: string, topic: unknown): void => {
  const example = `${call}(deadLetters('billing.dead'))`
  if (!isTopic(topic)) return refuseArgument(`${call}(…)`, 'a topic of dead letters', topic, `write ${example}`)
  const why = letterFault(topic)
  if (why !== undefined)
    refuseArgument(`${call}(…)`, 'a topic of dead letters', topic, `it cannot hold them (${why}), write ${example}`)
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
