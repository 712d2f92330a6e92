import type { OperatorFunction } from 'rxjs'
import { refuseAnswer, requireFunction } from '../src/codec/arguments.ts'
import { filterEach } from '../src/contracts/probe.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Lets through the records whose value passes `test`; a type guard narrows the value.
 *
 * **Guarantees** what passes is the same record, in order; works record by record. One that does not is done, and
 * committed as such.
 *
 * **Errors** what `test` throws fails the record, and so does a promise: nobody would wait for it.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { stream, topic } from 'millrace'
 * import { filterValue, to } from 'millrace/operators'
 *
 * const readings = topic('readings', { key: t.string, value: t.number })
 * const alarms = topic('alarms', { key: t.string, value: t.number })
 * const alarming = stream(readings).pipe(filterValue((celsius) => celsius > 90), to(alarms))
 * alarming.operators.length // => 2
 * ```
 */
export const filterValue: FilterValue = <K, V>(
  test: (value: V, record: StreamRecord<K, V>) => boolean,
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>> => {
  requireFunction('filterValue(…)', 'a function of the value', test, 'filterValue((value) => value.paid)')
  return filterEach((record) => {
    const passes: unknown = test(record.value, record)
    return passes instanceof Promise ? refuseAnswer('filterValue', passes, record, wayOut) : Boolean(passes)
  })
}

/** A promise is true whatever it comes to. */
const wayOut = 'it does not wait; ask in mapAsync, and filter by the answer'

interface FilterValue {
  <K, V, W extends V>(
    test: (value: V, record: StreamRecord<K, V>) => value is W,
  ): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, W>>
  <K, V>(
    test: (value: V, record: StreamRecord<K, V>) => boolean,
  ): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>>
}
