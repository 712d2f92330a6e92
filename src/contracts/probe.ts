import { filter, map, Observable, type OperatorFunction } from 'rxjs'
import type { AnyDelayed } from './delayed.ts'
import type { AnyStore } from './store.ts'
import type { AnyTopic } from './topic.ts'

/** What an operator needs before the first record: its topic, its store, what it delays. Data, read by the runner. */
export type Need =
  | { readonly _tag: 'output'; readonly topic: AnyTopic }
  | { readonly _tag: 'store'; readonly store: AnyStore }
  | { readonly _tag: 'delayed'; readonly delayed: AnyDelayed }

/** What a pipeline may be said to use, where its operators do not show it. */
export type Used = AnyTopic | AnyStore | AnyDelayed

/** What an operator makes of each record by itself: one record, or {@link nothing}. Throws what fails the record. */
// biome-ignore lint/suspicious/noExplicitAny: typed where the operator is written; here any will do
export type Step = (record: any) => unknown

/** What a {@link Step} answers for a record that goes no further. */
export const nothing: unique symbol = Symbol('millrace.nothing')

/**
 * A pipeline applied once, to nothing, before it runs: which needs its operators declare, and whether all of
 * them work record by record, so that one subscription may serve a whole batch.
 */
export class Probe {
  static #current: Probe | undefined
  readonly needs: Need[] = []
  readonly #recordwise = new WeakSet<Observable<unknown>>()
  readonly #steps = new WeakMap<Observable<unknown>, readonly Step[]>()

  /** Whether something is being probed at the moment. */
  static get active(): boolean {
    return Probe.#current !== undefined
  }

  /** Applies `operator` to `source`, noting what it declares on the way. Nothing is subscribed. */
  static apply<A, B>(
    source: Observable<A>,
    operator: OperatorFunction<A, B>,
  ): {
    readonly needs: readonly Need[]
    readonly recordwise: boolean
    /** All that it does to a record, where each of its operators has said it. */
    readonly steps: readonly Step[] | undefined
  } {
    const outer = Probe.#current
    const probe = new Probe()
    Probe.#current = probe
    try {
      // one that nobody else has: an operator that answers EMPTY does not work record by record because EMPTY was probed
      const fresh = new Observable<A>((subscriber) => source.subscribe(subscriber))
      probe.#recordwise.add(fresh)
      probe.#steps.set(fresh, [])
      const out = operator(fresh)
      return { needs: probe.needs, recordwise: probe.#recordwise.has(out), steps: probe.#steps.get(out) }
    } finally {
      Probe.#current = outer
    }
  }

  /**
   * Says that `out` is made of `source` by an operator with these needs; `recordwise`: it treats each record alone, and
   * does `step` with it, where that is all.
   */
  static note(
    source: Observable<unknown>,
    out: Observable<unknown>,
    needs: readonly Need[],
    recordwise: boolean,
    step?: Step,
  ): void {
    const probe = Probe.#current
    if (probe === undefined) return
    probe.needs.push(...needs)
    if (!recordwise || !probe.#recordwise.has(source)) return
    probe.#recordwise.add(out)
    const before = probe.#steps.get(source)
    if (before !== undefined && step !== undefined) probe.#steps.set(out, [...before, step])
  }
}

/**
 * Tags `operator` as working record by record, synchronously, keeping nothing from one to the next: a chain of
 * such operators cannot tell whether it is subscribed once a record or once a batch, so the runner does the latter; nor,
 * where all that each does to a record is its `step`, whether it is subscribed at all.
 */
export const recordwise =
  <A, B>(operator: OperatorFunction<A, B>, needs: readonly Need[] = [], step?: Step): OperatorFunction<A, B> =>
  (source) => {
    const out = operator(source)
    Probe.note(source, out, needs, true, step)
    return out
  }

/** `map(project)`, tagged. */
export const mapEach = <A, B>(project: (record: A) => B, needs: readonly Need[] = []): OperatorFunction<A, B> =>
  recordwise(map(project), needs, project)

/** `filter(test)`, tagged. */
export const filterEach = <A>(test: (record: A) => boolean): OperatorFunction<A, A> =>
  recordwise(filter(test), [], (record: A) => (test(record) ? record : nothing))

/**
 * Hands on, while something is probed, what `arms` declare that `operator` applies to each record by itself. Recordwise
 * where every arm is, or where `synchronous` says that `operator` refuses arms that take their time.
 */
export const overArms =
  <A, B>(
    operator: OperatorFunction<A, B>,
    // biome-ignore lint/suspicious/noExplicitAny: arms are typed where they are written; here any will do
    arms: readonly OperatorFunction<any, unknown>[],
    synchronous = false,
  ): OperatorFunction<A, B> =>
  (source) => {
    const out = operator(source)
    if (!Probe.active) return out
    const probed = arms.map((arm) => Probe.apply(new Observable<never>(), arm))
    const needs = probed.flatMap((arm) => arm.needs)
    Probe.note(source, out, needs, synchronous || probed.every((arm) => arm.recordwise))
    return out
  }
