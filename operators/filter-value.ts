import { filter, type OperatorFunction } from 'rxjs'
import { recordwise } from '../src/contracts/probe.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Lets through the records whose value passes `test`; a type guard narrows the value.
 *
 * **Guarantees** what passes is the same record, in order; works record by record. One that does not is done, and
 * committed as such.
 *
 * **Errors** what `test` throws fails the record.
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
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>> =>
  recordwise(filter((record) => test(record.value, record)))

interface FilterValue {
  <K, V, W extends V>(
    test: (value: V, record: StreamRecord<K, V>) => value is W,
  ): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, W>>
  <K, V>(
    test: (value: V, record: StreamRecord<K, V>) => boolean,
  ): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>>
}
