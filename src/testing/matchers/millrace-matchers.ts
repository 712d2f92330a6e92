import type { StreamRecord } from '../../contracts/stream-record.ts'
import type { Topic } from '../../contracts/topic.ts'
import type { Expectation, Expected } from '../expectations.ts'
import type { CheckOptions } from '../history/check-history.ts'
import { toBreak } from './failure-matchers.ts'
import { toHaveNoAnomalies } from './history-matchers.ts'
import {
  toBeAtLeastOnce,
  toBeAtMostOnce,
  toBeExactlyOnce,
  toBeNeverEarly,
  toBeOrdered,
  toHaveNoLoss,
} from './record-matchers.ts'

/** What `expect` learns by {@link millraceMatchers}; `R` is what its matchers answer. */
export interface MillraceMatchers<R> {
  /** The records of a topic are those expected: none is missing, twice, or there besides. Order is not looked at. */
  toBeExactlyOnce: <K, V>(topic: Topic<K, V>, expected: readonly Expected<NoInfer<K>, NoInfer<V>>[]) => R
  /** None is missing, and none is there besides; they may be repeated. */
  toBeAtLeastOnce: <K, V>(topic: Topic<K, V>, expected: readonly Expected<NoInfer<K>, NoInfer<V>>[]) => R
  /** None is there twice, and none besides; they may be missing. */
  toBeAtMostOnce: <K, V>(topic: Topic<K, V>, expected: readonly Expected<NoInfer<K>, NoInfer<V>>[]) => R
  /** None is missing. */
  toHaveNoLoss: <K, V>(topic: Topic<K, V>, expected: readonly Expected<NoInfer<K>, NoInfer<V>>[]) => R
  /** Those that are expected come in that order, key by key; how often, and what else, is not looked at. */
  toBeOrdered: <K, V>(topic: Topic<K, V>, expected: readonly Expected<NoInfer<K>, NoInfer<V>>[]) => R
  /**
   * None came to lie in the topic before its time, in milliseconds since the epoch: of records that `test.records(…)` or
   * `sim.records(…)` has answered, or of a topic whose timestamps are those of the appends.
   */
  toBeNeverEarly: <K, V>(topic: Topic<K, V>, dueMs: (record: StreamRecord<K, V>) => number) => R
  /** A history shows nothing that must not be: see `checkHistory`. */
  toHaveNoAnomalies: (options?: CheckOptions) => R
  /** What `deliverySemantics` rejects with says that this is broken, of `topic` where one is named. */
  // biome-ignore lint/suspicious/noExplicitAny: a topic is invariant in both
  toBreak: (promise: Expectation['_tag'] | (string & {}), topic?: Topic<any, any>) => R
}

/**
 * Matchers for `expect.extend(…)`, of Vitest and of whatever has Jest's `expect`. They judge as the words of
 * `deliverySemantics` do, and say what is wrong in the same way.
 *
 * With Vitest, `import 'millrace/testing/vitest'` in a setup file does that, types included.
 *
 * **Errors** a matcher throws a `TypeError` for what it cannot judge, with `not` too.
 */
export const millraceMatchers: {
  readonly toBeExactlyOnce: typeof toBeExactlyOnce
  readonly toBeAtLeastOnce: typeof toBeAtLeastOnce
  readonly toBeAtMostOnce: typeof toBeAtMostOnce
  readonly toHaveNoLoss: typeof toHaveNoLoss
  readonly toBeOrdered: typeof toBeOrdered
  readonly toBeNeverEarly: typeof toBeNeverEarly
  readonly toHaveNoAnomalies: typeof toHaveNoAnomalies
  readonly toBreak: typeof toBreak
} = {
  toBeExactlyOnce,
  toBeAtLeastOnce,
  toBeAtMostOnce,
  toHaveNoLoss,
  toBeOrdered,
  toBeNeverEarly,
  toHaveNoAnomalies,
  toBreak,
}
