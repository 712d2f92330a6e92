import { concatMap, type OperatorFunction } from 'rxjs'
import { refuseAnswer, requireFunction } from '../src/codec/arguments.ts'
import { recordwise } from '../src/contracts/probe.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Makes of each record one for every value that `project` answers, in their order: none, one, or many.
 *
 * **Guarantees** key, timestamp, headers, id and task of each are those of the record; the next record waits until all
 * of this one are out; a generator is only asked for what is taken. Works record by record.
 *
 * **Errors** what `project`, or the iterable it answered, throws fails the record, and so does what is no
 * iterable.
 *
 * @example
 * ```ts
 * import { stream, text, topic } from 'millrace'
 * import { flatMapValue, to } from 'millrace/operators'
 *
 * const lines = topic('lines', { key: text, value: text })
 * const words = topic('words', { key: text, value: text })
 * const splitting = stream(lines).pipe(flatMapValue((line) => line.split(' ')), to(words))
 * splitting.operators.length // => 2
 * ```
 */
export const flatMapValue = <K, V, W>(
  project: (value: V, record: StreamRecord<K, V>) => Iterable<W>,
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, W>> => {
  requireFunction('flatMapValue(…)', 'a function of the value', project, 'flatMapValue((value) => value.items)')
  return recordwise(concatMap((record) => each(record, project(record.value, record))))
}

function* each<K, W>(record: StreamRecord<K, unknown>, values: Iterable<W>): Iterable<StreamRecord<K, W>> {
  if (!isIterable(values)) return refuseAnswer('flatMapValue', values, record, wayOut)
  for (const value of values) yield { ...record, value }
}

const isIterable = (values: unknown): boolean =>
  typeof values === 'string' || (typeof values === 'object' && values !== null && Symbol.iterator in values)

const wayOut = 'answer an array of the values, [] for none; what takes its time is awaited in mapAsync before'
