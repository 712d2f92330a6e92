import type { OperatorFunction } from 'rxjs'
import { refuseAnswer, requireDelayed, requireFunction } from '../src/codec/arguments.ts'
import { idRecord } from '../src/codec/job-command.ts'
import { Carrier } from '../src/contracts/carrier.ts'
import type { AnyDelayed } from '../src/contracts/delayed.ts'
import { mapEach, type Need } from '../src/contracts/probe.ts'
import { refuseUncarried } from '../src/contracts/refusal.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Cancels the job of `delayed` whose id `id` answers for a record, and passes the record on; `undefined` cancels none.
 *
 * **Guarantees** the cancellation is committed with the record at hand, or dropped with it. What was committed before the
 * job is due is seen before it fires, however late its task is. A cancellation that comes before what it cancels, since
 * another pipeline schedules it and lags behind, is kept for 24 hours past the longest tier: what was scheduled by
 * a record that is no later than this one is then cancelled at once. Works record by record.
 *
 * **Errors** what `id` throws fails the record, and so does what is no id.
 *
 * @example
 * ```ts
 * import { delayed, stream, text, topic } from 'millrace'
 * import { cancel } from 'millrace/operators'
 *
 * const payments = topic('payments', { key: text, value: text })
 * const reminders = topic('reminders', { key: text, value: text })
 * const later = delayed('later', { to: reminders, tiers: ['30m'] })
 * const settling = stream(payments).pipe(cancel(later, (r) => r.key))
 * settling.operators.length // => 1
 * ```
 *
 * @see {@link schedule}
 */
export const cancel = <K, V>(
  delayed: AnyDelayed,
  id: (record: StreamRecord<K, V>) => string | undefined,
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>> => {
  requireDelayed('cancel(…)', delayed)
  requireFunction(`cancel('${delayed.name}', …)`, 'a function that answers an id', id, 'cancel(later, (r) => r.key)')
  const need: Need = { _tag: 'delayed', delayed }
  return mapEach(
    (record) => {
      const named: unknown = id(record)
      if (named === undefined) return record
      const carrier = Carrier.of(record) ?? refuseUncarried(need, record)
      if (typeof named !== 'string')
        return refuseAnswer('cancel', named, record, 'answer the id of a job, or undefined')
      const { topic, key, value, headers } = idRecord(delayed, 'cancel', named, { source: record })
      carrier.emit(topic, { key, value, headers, timestamp: record.timestamp })
      return record
    },
    [need],
  )
}
