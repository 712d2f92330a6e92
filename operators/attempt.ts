import * as E from 'fp-ts/lib/Either.js'
import type { OperatorFunction } from 'rxjs'
import { requireFunction } from '../src/codec/arguments.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'
import { mapAsync } from './map-async.ts'

/** What became of work that did not succeed: it threw or rejected, or it answered a `Left`. */
export type Failure<L = never> =
  | { readonly _tag: 'Thrown'; readonly error: unknown }
  | { readonly _tag: 'Refused'; readonly error: L }

/** What {@link attempt} makes of what its work answers: a value, a promise, an `Either`, a `TaskEither`, or some of them. */
export type Settled<W> = Outcome<W extends () => infer P ? Awaited<P> : Awaited<W>>

type Outcome<A> = E.Either<Failure<LeftOf<A>>, RightOf<A>>
type LeftOf<A> = A extends E.Left<infer L> ? L : never
type RightOf<A> = A extends E.Right<infer B> ? B : A extends E.Left<unknown> ? never : A

/**
 * Does `work` for each record, and makes its outcome a value: a `Right` of what it answered, or a `Left` that says
 * whether it threw or refused. A failure is then yours to deal with, and the record goes on.
 *
 * `work` may answer a value, a promise, an `Either` or a `TaskEither`, and may throw.
 *
 * **Guarantees** one output per input, in order; key, timestamp, headers, id and task stay. The signal is that of
 * `mapAsync`, and the world is asked again when a record is tried again.
 *
 * **Errors** none of its own.
 *
 * @example
 * ```ts
 * import { stream, text, topic } from 'millrace'
 * import { attempt, branch, lefts, mapValue, rights, to } from 'millrace/operators'
 *
 * const raw = topic('raw', { key: text, value: text })
 * const parsed = topic('parsed', { key: text, value: text })
 * const broken = topic('broken', { key: text, value: text })
 * const parsing = stream(raw).pipe(
 *   attempt((line) => JSON.stringify(JSON.parse(line))),
 *   branch((r) => r.value._tag, {
 *     Right: (s) => s.pipe(rights(), to(parsed)),
 *     Left: (s) => s.pipe(lefts(), mapValue((failure) => String(failure.error)), to(broken)),
 *   }),
 * )
 * parsing.operators.length // => 2
 * ```
 */
export const attempt = <K, V, W>(
  work: (value: V, record: StreamRecord<K, V>, signal: AbortSignal) => W,
): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, Settled<W>>> => {
  requireFunction('attempt(…)', 'a function of the value', work, 'attempt(async (value) => …)')
  return mapAsync(async (value, record, signal) => {
    try {
      const answer: unknown = await work(value, record, signal)
      return settled(typeof answer === 'function' ? await answer() : answer) as Settled<W>
    } catch (error) {
      return E.left({ _tag: 'Thrown', error }) as Settled<W>
    }
  })
}

const settled = (answer: unknown): E.Either<Failure<unknown>, unknown> => {
  if (!isEither(answer)) return E.right(answer)
  return E.isRight(answer) ? answer : E.left({ _tag: 'Refused', error: answer.left })
}

const isEither = (answer: unknown): answer is E.Either<unknown, unknown> =>
  typeof answer === 'object' &&
  answer !== null &&
  '_tag' in answer &&
  ((answer._tag === 'Right' && 'right' in answer) || (answer._tag === 'Left' && 'left' in answer))
