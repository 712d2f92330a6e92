import { concatMap, isObservable, type Observable, type OperatorFunction, of } from 'rxjs'
import { given, refuseAnswer, refuseArgument, requireFunction } from '../src/codec/arguments.ts'
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
  requireFunction('branch(…)', 'a function that names an arm', choose, example)
  if (typeof arms !== 'object' || arms === null || Object.keys(arms).length === 0)
    refuseArgument('branch(…)', 'arms by name', arms, `write ${example}`)
  const checked = new Map(Object.entries(arms).map(([name, arm]) => [name, checkedArm(name, arm)]))
  const chosen = (record: StreamRecord<K, V>): Arm<K, V> => {
    const name: unknown = choose(record)
    const arm = checked.get(String(name))
    return arm ?? refuseAnswer('branch', name, record, `the arms are ${[...checked.keys()].join(', ')}`)
  }
  return overArms(
    concatMap((record) => chosen(record)(of(record)) as Observable<Answers<A>>),
    [...checked.values()],
  )
}

const example = 'branch((record) => record.value.kind, { card: to(cards), invoice: (s) => s.pipe(to(invoices)) })'

/** `arm`, which throws where it answers no stream: a `return` that was forgotten, an operator that was not called. */
const checkedArm = <K, V>(name: string, arm: Arm<K, V>): Arm<K, V> => {
  requireFunction('branch(…)', `an operator as arm '${name}'`, arm, `${name}: to(topic)`)
  return (records) => {
    const out: unknown = arm(records)
    if (isObservable(out)) return out
    throw new TypeError(
      `the arm '${name}' of branch(…) answered ${given(out)} and no stream: write ${name}: (s) => s.pipe(…)`,
    )
  }
}
