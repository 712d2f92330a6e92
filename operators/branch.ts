import { concatMap, type Observable, type OperatorFunction, of } from 'rxjs'
import { overArms } from '../src/contracts/probe.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/** What {@link branch} does with a record: an operator chain, over a stream of that one record. */
export type Arm<K, V> = (records: Observable<StreamRecord<K, V>>) => Observable<unknown>

// biome-ignore lint/suspicious/noExplicitAny: whatever the arm takes, this asks only for what it answers
type Answers<A> = A[keyof A] extends (records: any) => Observable<infer B> ? B : never

/**
 * Sends each record down the arm that `choose` names, and passes on what that arm emits.
 *
 * An arm is a stream of one record, made anew for each: `take`, `reduce` or `delay` in it mean what they say of that
 * record, and nothing is carried from one to the next.
 *
 * **Guarantees** output in input order: the next record waits until this one's arm has completed. Works record by
 * record where every arm does; topics and stores of all arms are known before the first record.
 *
 * **Errors** what an arm, or `choose`, throws fails the record, and so does a name that no arm has.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { stream, topic } from 'millrace'
 * import { branch, to } from 'millrace/operators'
 *
 * const Payment = t.type({ kind: t.keyof({ card: null, invoice: null }), cents: t.number })
 * const payments = topic('payments', { key: t.string, value: Payment })
 * const cards = topic('cards', { key: t.string, value: Payment })
 * const invoices = topic('invoices', { key: t.string, value: Payment })
 * const sorting = stream(payments).pipe(
 *   branch((r) => r.value.kind, { card: to(cards), invoice: (s) => s.pipe(to(invoices)) }),
 * )
 * sorting.operators.length // => 1
 * ```
 */
export const branch = <K, V, A extends Readonly<Record<string, Arm<K, V>>>>(
  choose: (record: StreamRecord<K, V>) => NoInfer<keyof A>,
  arms: A,
): OperatorFunction<StreamRecord<K, V>, Answers<A>> => {
  const names = Object.keys(arms)
  if (names.length === 0) throw new TypeError('branch(…) has no arms: name at least one')
  const broken = names.find((name) => typeof arms[name] !== 'function')
  if (broken !== undefined) throw new TypeError(`the arm '${broken}' of branch(…) is no function of a stream`)
  const chosen = (record: StreamRecord<K, V>): Arm<K, V> => {
    const name = String(choose(record))
    const arm = Object.hasOwn(arms, name) ? arms[name] : undefined
    if (arm !== undefined) return arm
    throw new TypeError(`branch(…) has no arm '${name}' for record ${record.id}: it has ${names.join(', ')}`)
  }
  return overArms(
    concatMap((record) => chosen(record)(of(record)) as Observable<Answers<A>>),
    Object.values(arms),
  )
}
