import { concatMap, Observable, type OperatorFunction } from 'rxjs'
import { requireFunction } from '../src/codec/arguments.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Replaces each record's value by what the promise of `work` resolves to.
 *
 * Records run side by side where the run's `concurrency` says so; what one record has become (after `flatMapValue`)
 * runs one after the other. The world is asked again when a record is tried again: pass `record.id` along as
 * idempotency key.
 *
 * **Guarantees** one output per input, in order; key, timestamp, headers, id and task stay. The signal aborts when the
 * attempt is given up, or what follows has enough, before the promise has settled; pass it to `fetch`.
 *
 * **Errors** a rejection, or a throw, fails the record; `attempt` makes a value of it.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { stream, text, topic } from 'millrace'
 * import { mapAsync, to } from 'millrace/operators'
 *
 * const links = topic('links', { key: text, value: text })
 * const states = topic('states', { key: text, value: t.number })
 * const checking = stream(links).pipe(
 *   mapAsync(async (link, record, signal) => (await fetch(link, { signal })).status),
 *   to(states),
 * )
 * checking.operators.length // => 2
 * ```
 */
export const mapAsync = <K, V, W>(
  work: (value: V, record: StreamRecord<K, V>, signal: AbortSignal) => PromiseLike<W>,
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, W>> => {
  requireFunction('mapAsync(…)', 'an async function of the value', work, 'mapAsync(async (value) => …)')
  return concatMap(
    (record) =>
      new Observable<StreamRecord<K, W>>((subscriber) => {
        const controller = new AbortController()
        let settled = false
        Promise.resolve(work(record.value, record, controller.signal)).then(
          (value) => {
            settled = true
            subscriber.next({ ...record, value })
            subscriber.complete()
          },
          (error: unknown) => {
            settled = true
            subscriber.error(error)
          },
        )
        return () => {
          if (!settled) controller.abort()
        }
      }),
  )
}
