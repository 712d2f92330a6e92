import type { OperatorFunction } from 'rxjs'
import { refuseAnswer, requireFunction } from '../src/codec/arguments.ts'
import { filterEach } from '../src/contracts/probe.ts'
import type { AnyRecord, StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Lets through the records that pass `test`; a type guard narrows them: `filterRecord(isFrom(orders))`.
 *
 * **Guarantees** what passes is the same record, in order; works record by record. One that does not is done, and
 * committed as such.
 *
 * **Errors** what `test` throws fails the record, and so does a promise: nobody would wait for it.
 *
 * @example
 * ```ts
 * import { stream, text, topic } from 'millrace'
 * import { filterRecord, to } from 'millrace/operators'
 *
 * const orders = topic('orders', { key: text, value: text })
 * const marked = topic('marked', { key: text, value: text })
 * const picking = stream(orders).pipe(filterRecord((r) => r.headers.has('urgent')), to(marked))
 * picking.operators.length // => 2
 * ```
 */
export const filterRecord: FilterRecord = <K, V>(
  test: (record: StreamRecord<K, V>) => boolean,
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>> => {
  requireFunction('filterRecord(…)', 'a function of the record', test, 'filterRecord((record) => record.key !== null)')
  return filterEach((record) => {
    const passes: unknown = test(record)
    return passes instanceof Promise ? refuseAnswer('filterRecord', passes, record, wayOut) : Boolean(passes)
  })
}

/** A promise is true whatever it comes to. */
const wayOut = 'it does not wait; ask in mapAsync, and filter by the answer'

interface FilterRecord {
  <R extends AnyRecord, S extends R>(test: (record: R) => record is S): OperatorFunction<R, S>
  <K, V>(test: (record: StreamRecord<K, V>) => boolean): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>>
}
