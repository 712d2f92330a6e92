import type { OperatorFunction } from 'rxjs'
import { refuseAnswer, requireFunction } from '../src/codec/arguments.ts'
import { mapEach } from '../src/contracts/probe.ts'
import type { AnyRecord, StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Replaces each record by what `project` makes of it: headers, timestamp, key and value at once.
 *
 * Build it from the one you got, `{ ...record, … }`: the task that outputs and state belong to is on it.
 *
 * **Guarantees** one output per input; works record by record.
 *
 * **Errors** what `project` throws fails the record, and so does what is no record. One that has lost its task is
 * refused where it is written.
 *
 * @example
 * ```ts
 * import { stream, text, topic } from 'millrace'
 * import { mapRecord, to } from 'millrace/operators'
 *
 * const orders = topic('orders', { key: text, value: text })
 * const marked = topic('marked', { key: text, value: text })
 * const marking = stream(orders).pipe(
 *   mapRecord((r) => ({ ...r, headers: new Map([...r.headers, ['origin', new TextEncoder().encode(r.id)]]) })),
 *   to(marked),
 * )
 * marking.operators.length // => 2
 * ```
 */
export const mapRecord = <K, V, R extends AnyRecord>(
  project: (record: StreamRecord<K, V>) => R,
): OperatorFunction<StreamRecord<K, V>, R> => {
  requireFunction('mapRecord(…)', 'a function of the record', project, 'mapRecord((record) => ({ ...record, … }))')
  return mapEach((record) => {
    const made: unknown = project(record)
    return typeof made === 'object' && made !== null && !(made instanceof Promise)
      ? (made as R)
      : refuseAnswer('mapRecord', made, record, wayOut)
  })
}

const wayOut = 'answer a record built from the one it got, { ...record, value }; filterRecord leaves one out'
