import * as E from 'fp-ts/lib/Either.js'
import { filter, map, type Observable } from 'rxjs'
import { recordwise } from '../src/contracts/probe.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/**
 * Keeps the records whose value is a `Left`, as what is in it: the failures that `attempt` made values of.
 *
 * **Guarantees** in order; key, timestamp, headers, id and task stay; works record by record.
 *
 * @example
 * ```ts
 * import { stream, text, topic } from 'millrace'
 * import { attempt, lefts, mapValue, to } from 'millrace/operators'
 *
 * const raw = topic('raw', { key: text, value: text })
 * const broken = topic('broken', { key: text, value: text })
 * const sorting = stream(raw).pipe(
 *   attempt((line): unknown => JSON.parse(line)),
 *   lefts(),
 *   mapValue((failure) => String(failure.error)),
 *   to(broken),
 * )
 * sorting.operators.length // => 4
 * ```
 */
export const lefts =
  (): (<K, V extends E.Either<unknown, unknown>>(
    source: Observable<StreamRecord<K, V>>,
  ) => Observable<StreamRecord<K, LeftOf<V>>>) =>
  (source) =>
    recordwise(inside)(source) as Observable<never>

type LeftOf<V> = V extends E.Left<infer L> ? L : never

const inside = (source: Observable<StreamRecord<unknown, E.Either<unknown, unknown>>>): Observable<unknown> =>
  source.pipe(
    filter((record): record is StreamRecord<unknown, E.Left<unknown>> => E.isLeft(record.value)),
    map((record) => ({ ...record, value: record.value.left })),
  )
