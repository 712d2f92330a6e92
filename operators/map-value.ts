import type { OperatorFunction } from 'rxjs'
import { requireFunction } from '../src/codec/arguments.ts'
import { mapEach } from '../src/contracts/probe.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Replaces each record's value by what `project` makes of it.
 *
 * **Guarantees** one output per input; key, timestamp, headers, id and task stay; works record by record.
 *
 * **Errors** what `project` throws fails the record.
 *
 * @example
 * ```ts
 * import { stream, text, topic } from 'millrace'
 * import { mapValue, to } from 'millrace/operators'
 *
 * const lines = topic('lines', { key: text, value: text })
 * const loud = topic('loud', { key: text, value: text })
 * const shouting = stream(lines).pipe(mapValue((line) => line.toUpperCase()), to(loud))
 * shouting.operators.length // => 2
 * ```
 */
export const mapValue = <K, V, W>(
  project: (value: V, record: StreamRecord<K, V>) => W,
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, W>> => {
  requireFunction('mapValue(…)', 'a function of the value', project, 'mapValue((value) => …)')
  // A spread, where naming each property would save 5 ns a record: what a user has added to a record stays on it.
  return mapEach((record) => ({ ...record, value: project(record.value, record) }))
}
