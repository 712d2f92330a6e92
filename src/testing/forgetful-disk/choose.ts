/**
 * One of `options` (at least 1): 0, which is that nothing goes wrong, or with `chance` (0 to 1) one of the others, each as
 * likely.
 */
export type Choose = (options: number, chance: number) => number
