import { concatMap, isObservable, Observable, type OperatorFunction, of } from 'rxjs'
import { given, requireFunction } from '../src/codec/arguments.ts'
import { overArms } from '../src/contracts/probe.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Lifts an RxJS operator, so that it is applied anew to each record, as a stream of its own, and the pipeline keeps
 * its fast path: a pipeline of nothing but our synchronous operators runs a batch at a time, and one operator that it
 * knows nothing of makes it run record by record. It costs about 1 µs a record itself.
 *
 * Only for what is done at once (`filter`, `map`, `take`, `distinct`, …). What takes its time belongs into the pipeline
 * as it is: it is a stream of one record there already.
 *
 * **Guarantees** what it emits is in input order, and nothing is carried from one record to the next.
 *
 * **Errors** an operator that has not completed when its record has been handed to it fails the record.
 *
 * @example
 * ```ts
 * import { filter } from 'rxjs'
 * import { stream, text, topic } from 'millrace'
 * import { perRecord } from 'millrace/operators'
 *
 * const lines = topic('lines', { key: text, value: text })
 * const long = stream(lines).pipe(perRecord(filter((r) => r.value.length > 80)))
 * long.operators.length // => 1
 * ```
 */
export const perRecord = <K, V, B>(
  operator: OperatorFunction<StreamRecord<K, V>, B>,
): OperatorFunction<StreamRecord<K, V>, B> => {
  requireFunction('perRecord(…)', 'an operator', operator, example)
  const checked: typeof operator = (source) => {
    const out: unknown = operator(source)
    if (isObservable(out)) return out as Observable<B>
    throw new TypeError(`perRecord(…) takes an operator, and its answers ${given(out)}: call it, as in ${example}`)
  }
  const alone = (record: StreamRecord<K, V>): Observable<B> =>
    new Observable((subscriber) => {
      checked(of(record)).subscribe(subscriber)
      if (!subscriber.closed) subscriber.error(new Error(lateMessage(record.id)))
    })
  return overArms(concatMap(alone), [checked], true)
}

const example = 'perRecord(filter((record) => …))'

const lateMessage = (id: string): string =>
  `perRecord(…) was given an operator that takes its time (record ${id} was not done at once): ` +
  `pipe it as it is, without perRecord`
