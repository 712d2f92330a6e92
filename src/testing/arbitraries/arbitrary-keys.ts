import * as fc from 'fast-check'
import { given } from '../../codec/arguments.ts'
import { refuseUnknownOptions } from '../../codec/known-options.ts'
import { requireArbitrary } from './require-arbitrary.ts'
import { restOf, weightOf } from './share.ts'

export interface ArbitraryKeysOptions<K> {
  /** Keys that come again and again: the first twice as often as the second, three times as often as the third, … */
  readonly hot: readonly K[]
  /** Keys of which there are many; none where nothing is said. */
  readonly cold?: fc.Arbitrary<K>
  /** The share of the hot ones beside cold ones, from 0 to 1; 0.8 where nothing is said. */
  readonly heat?: number
}

/**
 * Keys as they come in practice: few that most records are of, so that they meet, and many that are seen once or twice.
 *
 * Shrinks to the first of the hot ones.
 *
 * **Errors** throws a `TypeError` for options that make no sense.
 */
export const arbitraryKeys = <K>(options: ArbitraryKeysOptions<K>): fc.Arbitrary<K> => {
  const what = 'arbitraryKeys(…)'
  refuseUnknownOptions(what, options, ['hot', 'cold', 'heat'])
  const { hot, cold, heat = 0.8 } = options
  if (!Array.isArray(hot) || hot.length === 0)
    throw new TypeError(`${what}: hot is a list of keys, one at least, and not ${given(hot)}`)
  const weight = weightOf(what, 'heat', heat)
  if (cold !== undefined) requireArbitrary(what, 'cold', cold)
  const ranked = hot.map((key, rank) => ({ arbitrary: fc.constant(key), weight: Math.ceil(1_000 / (rank + 1)) }))
  const anyHot = fc.oneof({ withCrossShrink: true }, ...ranked)
  if (cold === undefined) return anyHot
  return fc.oneof(
    { withCrossShrink: weight > 0 },
    { arbitrary: anyHot, weight },
    { arbitrary: cold, weight: restOf(weight) },
  )
}
