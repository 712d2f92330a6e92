import type { Observable } from 'rxjs'
import { requireTopic } from '../src/codec/arguments.ts'
import { Carrier } from '../src/contracts/carrier.ts'
import { mapEach, type Need } from '../src/contracts/probe.ts'
import { refuseUncarried } from '../src/contracts/refusal.ts'
import type { AnyRecord, StreamRecord } from '../src/contracts/stream-record.ts'
import type { Topic } from '../src/contracts/topic.ts'

/** `unknown` where records `R` fit a topic, and otherwise a type that nothing fits, whose name says what does not. */
export type Fits<R, K, V, N extends string> = [R] extends [never]
  ? unknown
  : [R] extends [StreamRecord<infer J, infer W>] // all of a union at once: each by itself, one that fits hides the rest
    ? [J] extends [K]
      ? [W] extends [V]
        ? unknown
        : { readonly [P in `value does not fit topic '${N}'`]: { readonly takes: V; readonly got: W } }
      : { readonly [P in `key does not fit topic '${N}'`]: { readonly takes: K; readonly got: J } }
    : { readonly [P in `no record for topic '${N}': build it from the one you got, { ...record, value }`]: R }

/**
 * Writes each record to `topic`, with its key, value, headers and timestamp, and passes it on.
 *
 * **Guarantees** what is written is gathered with the record at hand, and committed with it and its offset, in input
 * order, or dropped with it. Records of one key go to one partition.
 *
 * **Errors** a key or value that does not fit the topic does not compile, and the message names the topic. What its
 * codec cannot write fails the record with an `EncodeError`. A record that was not built from the one you got
 * (`{ ...record, value }`) is refused with `UncarriedRecord`.
 *
 * @example
 * ```ts
 * import { stream, text, topic } from 'millrace'
 * import { to } from 'millrace/operators'
 *
 * const orders = topic('orders', { key: text, value: text })
 * const copies = topic('copies', { key: text, value: text })
 * const copying = stream(orders).pipe(to(copies))
 * copying.operators.length // => 1
 * ```
 */
export const to = <K, V, N extends string>(
  topic: Topic<K, V, N>,
): (<R>(source: Observable<R> & Fits<R, K, V, N>) => Observable<R>) => {
  requireTopic('to(…)', topic)
  const need: Need = { _tag: 'output', topic }
  const write = <R>(written: R): R => {
    const record = written as AnyRecord // what is none does not compile, and has no carrier
    const carrier = Carrier.of(record) ?? refuseUncarried(need, record)
    carrier.emit(topic, record)
    return written
  }
  return mapEach(write, [need]) as <R>(source: Observable<R>) => Observable<R>
}
