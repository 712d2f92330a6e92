import type { Topic, TopicConfig } from '../contracts/topic.ts'
import { bytes } from './bytes.ts'
import { DeadLetter } from './dead-letter.ts'
import { json } from './json.ts'
import { refuseUnknownOptions } from './known-options.ts'
import { topicName } from './names.ts'
import { nullable } from './nullable.ts'
import { topic } from './topic.ts'

/** Base64 makes four bytes of three, so that the largest record that a topic takes by default has room here. */
const roomyMessageBytes = 2 * 1024 * 1024

/** What {@link deadLetters} takes beside the name. */
export interface DeadLettersOptions {
  /** Need not be the source's; 1 where nothing is said. */
  readonly partitions?: number
  readonly config?: TopicConfig
}

/**
 * Describes a topic for records that a pipeline gave up: a topic like any other, to be read, counted and redriven.
 * Its values are {@link DeadLetter}s; its keys the records' own, as bytes, so that the letters of a key keep their order.
 *
 * **Errors** as of `topic`.
 *
 * @example
 * ```ts
 * import { deadLetters } from 'millrace'
 *
 * const dead = deadLetters('billing.dead')
 * dead.config['max.message.bytes'] // => 2097152
 * ```
 */
export const deadLetters = <const N extends string>(
  name: N,
  options: DeadLettersOptions = {},
): Topic<Uint8Array | null, DeadLetter, N> => {
  refuseUnknownOptions(`deadLetters('${topicName(name)}', …)`, options, ['partitions', 'config'])
  const { partitions = 1, config = {} } = options
  return topic(name, {
    key: nullable(bytes),
    value: json(DeadLetter),
    partitions,
    config: { 'max.message.bytes': roomyMessageBytes, ...config },
  })
}
