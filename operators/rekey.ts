import type { OperatorFunction } from 'rxjs'
import { requireFunction } from '../src/codec/arguments.ts'
import { mapEach } from '../src/contracts/probe.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Gives each record the key that `keyOf` answers. It takes effect where the record is written: `to` puts it into the
 * partition of its new key. Until then the record runs where it came from, and no store can be used under the new key:
 * write it to a topic, and keep the state in a pipeline that reads that.
 *
 * **Guarantees** one output per input; value, timestamp, headers, id and task stay; works record by record.
 *
 * **Errors** what `keyOf` throws fails the record.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { stream, topic } from 'millrace'
 * import { rekey, to } from 'millrace/operators'
 *
 * const Order = t.type({ customerId: t.string, total: t.number })
 * const orders = topic('orders', { key: t.string, value: Order })
 * const byCustomer = topic('orders-by-customer', { key: t.string, value: Order })
 * const rekeying = stream(orders).pipe(rekey((order) => order.value.customerId), to(byCustomer))
 * rekeying.operators.length // => 2
 * ```
 */
export const rekey = <K, V, J>(
  keyOf: (record: StreamRecord<K, V>) => J,
): OperatorFunction<StreamRecord<K, V>, StreamRecord<J, V>> => {
  requireFunction('rekey(…)', 'a function of the record', keyOf, 'rekey((record) => record.value.id)')
  return mapEach((record) => ({ ...record, key: keyOf(record) }))
}
