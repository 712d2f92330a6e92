import { requireTopic } from '../src/codec/arguments.ts'
import type { AnyRecord, StreamRecord } from '../src/contracts/stream-record.ts'
import type { Topic } from '../src/contracts/topic.ts'

/**
 * Whether a record was read from `topic`, as a type guard: of a pipeline over several topics it narrows the record to
 * that topic's key and value. Use it first, while key and value are still those that were read.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { stream, topic } from 'millrace'
 * import { filterRecord, isFrom, mapValue } from 'millrace/operators'
 *
 * const orders = topic('orders', { key: t.string, value: t.type({ total: t.number }) })
 * const refunds = topic('refunds', { key: t.string, value: t.type({ amount: t.number }) })
 * const totals = stream(orders, refunds).pipe(filterRecord(isFrom(orders)), mapValue((order) => order.total))
 * totals.topics.length // => 2
 * ```
 */
export const isFrom = <K, V>(topic: Topic<K, V>): ((record: AnyRecord) => record is StreamRecord<K, V>) => {
  requireTopic('isFrom(…)', topic)
  return (record): record is StreamRecord<K, V> => record.topic === topic.name
}
