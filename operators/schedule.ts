import type { OperatorFunction } from 'rxjs'
import { refuseAnswer, requireDelayed, requireFunction } from '../src/codec/arguments.ts'
import { scheduleRecord } from '../src/codec/job-command.ts'
import { Carrier } from '../src/contracts/carrier.ts'
import type { Delayed, Job } from '../src/contracts/delayed.ts'
import { mapEach, type Need } from '../src/contracts/probe.ts'
import { refuseUncarried } from '../src/contracts/refusal.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Schedules the job that `job` makes of a record, a message of `delayed` for later, and passes the record on; `undefined`
 * schedules none.
 *
 * **Guarantees** the job is committed with the record at hand, or dropped with it. It is due `after` one of the tiers, counted
 * from when it is written, or `at` a time. Never early. An id that waits already is replaced; one that was cancelled by a
 * record that is no earlier, and came first, stays cancelled; one that has fired in the last 24 hours does not fire again.
 * Works record by record.
 *
 * **Errors** a tier that was not declared, and a value that does not fit the target, do not compile. What the target's codecs
 * cannot write fails the record, here; so does what `job` throws, and a promise.
 *
 * @example
 * ```ts
 * import { delayed, stream, text, topic } from 'millrace'
 * import { schedule } from 'millrace/operators'
 *
 * const orders = topic('orders', { key: text, value: text })
 * const reminders = topic('reminders', { key: text, value: text })
 * const later = delayed('later', { to: reminders, tiers: ['30m'] })
 * const reminding = stream(orders).pipe(
 *   schedule(later, (r) => ({ id: r.key, after: '30m', key: r.key, value: 'still open?' })),
 * )
 * reminding.operators.length // => 1
 * ```
 *
 * @see {@link cancel} for calling it off
 */
export const schedule = <K, V, JK, JV, T extends string>(
  delayed: Delayed<JK, JV, T>,
  job: NoInfer<(record: StreamRecord<K, V>) => Job<JK, JV, T> | undefined>,
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>> => {
  requireDelayed('schedule(…)', delayed)
  requireFunction(
    `schedule('${delayed.name}', …)`,
    'a function that answers a job',
    job,
    'schedule(later, (r) => ({ id, after, key, value }))',
  )
  const need: Need = { _tag: 'delayed', delayed }
  return mapEach(
    (record) => {
      const made = job(record)
      if (made === undefined) return record
      const carrier = Carrier.of(record) ?? refuseUncarried(need, record)
      if (typeof made !== 'object' || made === null || made instanceof Promise)
        return refuseAnswer('schedule', made, record, 'answer { id, after, key, value }, or undefined for no job')
      const options = { source: record, unique: () => carrier.unique() }
      const { topic, key, value, headers } = scheduleRecord(delayed, made, options)
      carrier.emit(topic, { key, value, headers, timestamp: record.timestamp })
      return record
    },
    [need],
  )
}
