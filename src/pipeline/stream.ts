import { Observable } from 'rxjs'
import { given, requireFunction, requireTopics } from '../codec/arguments.ts'
import { isInBatches } from '../contracts/in-batches.ts'
import { Probe } from '../contracts/probe.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { KeyOf, ValueOf } from '../contracts/topic.ts'
import type { AnyOperator, Pipe, Pipeline, Topics } from './pipeline.ts'

export type { Pipeline, Topics } from './pipeline.ts'

/** What `stream(…)` over these topics begins with: one record type over all of them. */
export type RecordOf<T extends Topics> = StreamRecord<KeyOf<T[number]>, ValueOf<T[number]>>

/**
 * Begins a pipeline that reads `topics`: an RxJS operator chain over one record, applied to every record.
 *
 * Over several topics the records are of all their types; `filterRecord(isFrom(orders))` narrows them.
 *
 * **Guarantees** immutable: `pipe` answers another pipeline and leaves this one as it is.
 *
 * **Errors** misuse throws here and in `pipe`, never at the first record: no topics, one twice, what is no operator,
 * an `inBatches` that is not at the top level.
 *
 * @example
 * ```ts
 * import { stream, text, topic } from 'millrace'
 * import { mapValue, to } from 'millrace/operators'
 *
 * const lines = topic('lines', { key: text, value: text })
 * const loud = topic('loud', { key: text, value: text })
 * const shouting = stream(lines).pipe(mapValue((line) => line.toUpperCase()), to(loud))
 * shouting.operators.length // => 2
 * ```
 */
export const stream = <T extends Topics>(...topics: T): Pipeline<T, RecordOf<T>> => {
  requireTopics('stream(…)', topics)
  const names = topics.map(({ name }) => name)
  if (names.length === 0) throw new TypeError('stream() reads nothing: pass it a topic, or several')
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new TypeError(`stream(…) was given topic '${twice}' twice: once is enough`)
  return pipeline(Object.freeze(topics), Object.freeze([]))
}

const pipeline = <T extends Topics, A>(topics: T, operators: readonly AnyOperator[]): Pipeline<T, A> => {
  const pipe = (...added: readonly AnyOperator[]): Pipeline<T, A> => {
    added.forEach(checkOperator)
    return pipeline(topics, Object.freeze([...operators, ...added]))
  }
  return Object.freeze({ topics, operators, pipe: pipe as Pipe<T, A> })
}

/** Applies `operator` to nothing, as the runner will before it runs: what is wrong with its parts is said now. */
const checkOperator = (operator: AnyOperator, at: number): void => {
  requireFunction(`argument ${at + 1} of pipe(…)`, 'an operator', operator, 'to(orders), or mapValue((value) => …)')
  if (isInBatches(operator)) return
  const nothing = new Observable<never>()
  Probe.apply(nothing, (source) => {
    const out: unknown = operator(source)
    if (out instanceof Observable || (typeof out === 'object' && out !== null && 'subscribe' in out)) return source
    throw new TypeError(
      `argument ${at + 1} of pipe(…) answers ${given(out)} and no Observable: ` +
        'it is no operator (a function of records goes into mapRecord), or one that was not called yet',
    )
  })
}
