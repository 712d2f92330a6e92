import type { Topic, TopicConfig } from '../contracts/topic.ts'
import { shown } from './decode-error.ts'
import { type Field, type FieldOf, keyCodec, valueCodec, type WritableField } from './field-codec.ts'
import { refuseUnknownOptions } from './known-options.ts'
import { topicName } from './names.ts'
import { topicConfig } from './topic-config.ts'

/** A file and a share of memory each, on every engine: a slip of the keyboard must not ask for a million. */
export const maxPartitions = 10_000

/** What {@link topic} takes beside the name. */
export interface TopicOptions<K extends Field, V extends Field> {
  /** Of the keys. `t.string` is raw UTF-8, as everywhere in Kafka; any other schema canonical JSON. */
  readonly key: K & WritableField<K>
  /** Of the values. A schema is JSON, checked by it. */
  readonly value: V & WritableField<V>
  /** How many to create it with, 1 to {@link maxPartitions}; 1 where nothing is said. */
  readonly partitions?: number
  /** Under Kafka's own names. */
  readonly config?: TopicConfig
}

/**
 * Describes a topic: a named, typed, partitioned log. Nothing is created yet (`millrace.create` does that).
 *
 * Keys and values are codecs (`text`, `bytes`, `json(…)`, …), or schemas: io-ts types and Standard Schema validators.
 *
 * **Errors** a name, a partition count or a setting that no engine takes is a `TypeError`, here, with the way out.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { topic } from 'millrace'
 *
 * const Order = t.type({ customerId: t.string, total: t.number })
 * const orders = topic('orders', { key: t.string, value: Order, partitions: 4 })
 * orders.name // => 'orders'
 * ```
 */
export const topic = <const N extends string, K extends Field, V extends Field>(
  name: N,
  options: TopicOptions<K, V>,
): Topic<FieldOf<K>, FieldOf<V>, N> => {
  refuseUnknownOptions(`topic('${topicName(name)}', …)`, options, ['key', 'value', 'partitions', 'config'])
  const { key, value, partitions = 1, config = {} } = options
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > maxPartitions)
    throw new TypeError(
      `topic '${topicName(name)}' takes 1 to ${maxPartitions} partitions, and not ${shown(partitions)}`,
    )
  return {
    name: topicName(name),
    key: field(`the key of topic '${name}'`, () => keyCodec<FieldOf<K>>(key)),
    value: field(`the value of topic '${name}'`, () => valueCodec<FieldOf<V>>(value)),
    partitions,
    config: topicConfig(name, config),
  }
}

/** What `make` makes; its complaint says of what. */
export const field = <A>(what: string, make: () => A): A => {
  try {
    return make()
  } catch (thrown) {
    throw new TypeError(`${what}: ${thrown instanceof Error ? thrown.message : shown(thrown)}`, { cause: thrown })
  }
}
