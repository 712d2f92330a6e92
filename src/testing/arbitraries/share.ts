import { given } from '../../codec/arguments.ts'

/** How finely shares are told apart. */
const parts = 1_000

/**
 * A share of all draws, from 0 to 1, as a weight beside `weightOf(1)`.
 *
 * **Errors** throws a `TypeError` for what is none.
 */
export const weightOf = (what: string, name: string, share: number): number => {
  if (typeof share !== 'number' || !(share >= 0 && share <= 1))
    throw new TypeError(`${what}: ${name} is a share of all, from 0 to 1, and not ${given(share)}`)
  return Math.round(share * parts)
}

/** What is left of all draws beside these weights. */
export const restOf = (...weights: readonly number[]): number =>
  Math.max(0, parts - weights.reduce((sum, weight) => sum + weight, 0))
