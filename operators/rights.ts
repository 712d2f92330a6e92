import * as E from 'fp-ts/lib/Either.js'
import { filter, map, type Observable } from 'rxjs'
import { recordwise } from '../src/contracts/probe.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Keeps the records whose value is a `Right`, as what is in it. The others are done, and gone: take care of them
 * first, with `branch` or `lefts`.
 *
 * **Guarantees** in order; key, timestamp, headers, id and task stay; works record by record.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { stream, text, topic } from 'millrace'
 * import { attempt, rights, to } from 'millrace/operators'
 *
 * const raw = topic('raw', { key: text, value: text })
 * const parsed = topic('parsed', { key: text, value: t.unknown })
 * const parsing = stream(raw).pipe(attempt((line): unknown => JSON.parse(line)), rights(), to(parsed))
 * parsing.operators.length // => 3
 * ```
 */
export const rights =
  (): (<K, V extends E.Either<unknown, unknown>>(
    source: Observable<StreamRecord<K, V>>,
  ) => Observable<StreamRecord<K, RightOf<V>>>) =>
  (source) =>
    recordwise(inside)(source) as Observable<never>

type RightOf<V> = V extends E.Right<infer A> ? A : never

const inside = (source: Observable<StreamRecord<unknown, E.Either<unknown, unknown>>>): Observable<unknown> =>
  source.pipe(
    filter((record): record is StreamRecord<unknown, E.Right<unknown>> => E.isRight(record.value)),
    map((record) => ({ ...record, value: record.value.right })),
  )
