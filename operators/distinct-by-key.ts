import * as E from 'fp-ts/lib/Either.js'
import { filter, type OperatorFunction } from 'rxjs'
import { refuseAnswer, requireFunction } from '../src/codec/arguments.ts'
import type { Duration } from '../src/codec/duration.ts'
import { refuseUnknownOptions } from '../src/codec/known-options.ts'
import { storeName } from '../src/codec/names.ts'
import { expiryMs } from '../src/codec/store.ts'
import { keyOfTopic } from '../src/codec/store-key.ts'
import { text } from '../src/codec/text.ts'
import { Carrier } from '../src/contracts/carrier.ts'
import type { Codec } from '../src/contracts/codec.ts'
import { type Need, nothing, recordwise } from '../src/contracts/probe.ts'
import { refuseUncarried } from '../src/contracts/refusal.ts'
import type { StoreDeclaration } from '../src/contracts/store.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/** How {@link distinctByKey} remembers. */
export interface DistinctByKeyOptions {
  /** For how long after it was let through a record keeps out others of its key and id: `'24h'`. */
  readonly within: Duration
  /** The name of the store where it is remembered; `distinct` where nothing is said. A second one in a pipeline needs its own. */
  readonly name?: string
}

/**
 * Lets each id of a key through once: a record whose key and id have come through within the time is left out. `id` says what
 * makes two records of one key the same: a payment's number, a message's id.
 *
 * **Guarantees** what passes is the same record, in order; works record by record. What was let through is remembered with the
 * record's commit, or not at all: a record that fails is not taken for its own repetition. It survives restarts, and moves
 * with its task. The time counts from the record that was let through, by the clock of whoever runs the pipeline; what is over is
 * removed from the store and from its changelog. The memory is some 70 bytes an id in time, beside key and id.
 *
 * **Errors** what `id` throws fails the record, and so does an answer that is no text. A record without a key, or whose key was
 * changed since it was read, is refused: write it to a topic first. Options that are none throw here.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { stream, topic } from 'millrace'
 * import { distinctByKey, to } from 'millrace/operators'
 *
 * const Payment = t.type({ reference: t.string, cents: t.number })
 * const received = topic('received', { key: t.string, value: Payment })
 * const payments = topic('payments', { key: t.string, value: Payment })
 * const once = stream(received).pipe(distinctByKey((payment) => payment.reference, { within: '24h' }), to(payments))
 * once.operators.length // => 2
 * ```
 */
export const distinctByKey = <K, V>(
  id: (value: V, record: StreamRecord<K, V>) => string,
  options: DistinctByKeyOptions,
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>> => {
  requireFunction('distinctByKey(…)', 'a function of the value', id, example)
  refuseUnknownOptions('distinctByKey(…)', options, ['within', 'name'])
  const { within, name = 'distinct' } = options
  const store: StoreDeclaration<K, true> = {
    name: storeName(name),
    key: keyOfTopic,
    value: marker,
    expireAfterMs: expiryMs('distinctByKey(…, { within })', within),
    hasParts: true,
    isExclusive: true,
  }
  const need: Need = { _tag: 'store', store }
  const isFirst = (record: StreamRecord<K, V>): boolean => {
    const carrier = Carrier.of(record) ?? refuseUncarried(need, record)
    const said: unknown = id(record.value, record)
    if (typeof said !== 'string') return refuseAnswer('distinctByKey', said, record, 'answer a text, String(number)')
    const view = carrier.store(store, record, text.encode(said) as Uint8Array)
    if (view.get() !== undefined) return false
    view.set(true)
    return true
  }
  return recordwise(filter(isFirst), [need], (record: StreamRecord<K, V>) => (isFirst(record) ? record : nothing))
}

const example = "distinctByKey((payment) => payment.reference, { within: '24h' })"

const nothingAtAll = new Uint8Array()

/** That it is there is all there is to say. */
const marker: Codec<true> = { name: 'marker', encode: () => nothingAtAll, decode: () => E.right(true) }
