import { map, type OperatorFunction } from 'rxjs'
import { recordwise } from '../src/contracts/probe.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Calls `look` with each record and passes it on: for a log line or a counter. What `look` does to the world is done
 * again when the record is tried again; `record.id` is the same each time.
 *
 * **Guarantees** the same record, in order; works record by record. A promise that `look` answers is not waited for.
 *
 * **Errors** what `look` throws fails the record.
 *
 * @example
 * ```ts
 * import { stream, text, topic } from 'millrace'
 * import { tapEach } from 'millrace/operators'
 *
 * const orders = topic('orders', { key: text, value: text })
 * const logging = stream(orders).pipe(tapEach((r) => console.log(r.id, r.value)))
 * logging.operators.length // => 1
 * ```
 */
export const tapEach = <K, V>(
  look: (record: StreamRecord<K, V>) => void,
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>> =>
  recordwise(
    map((record) => {
      look(record)
      return record
    }),
  )
