import type { OperatorFunction } from 'rxjs'
import { requireFunction } from '../src/codec/arguments.ts'
import { mapEach } from '../src/contracts/probe.ts'
import type { AnyRecord, StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Calls `look` with each record and passes it on: for a log line or a counter. What `look` does to the world is done
 * again when the record is tried again; `record.id` is the same each time.
 *
 * **Guarantees** the same record, in order; works record by record.
 *
 * **Errors** what `look` throws fails the record, and so does a promise: nobody would wait for it. For work that
 * takes its time there is {@link mapAsync}.
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
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>> => {
  requireFunction('tapEach(…)', 'a function of the record', look, 'tapEach((record) => console.log(record.id))')
  return mapEach((record) => {
    const looked: unknown = look(record)
    if (looked instanceof Promise) refuse(looked, record)
    return record
  })
}

const refuse = (looked: Promise<unknown>, { id }: AnyRecord): never => {
  looked.catch(() => undefined)
  throw new TypeError(
    `the function of tapEach answered a promise for record '${id}', and it does not wait: use mapAsync`,
  )
}
