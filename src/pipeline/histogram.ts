/** Upper bounds of the buckets that lateness is counted in, in milliseconds; the last bucket has all that is more. */
export const latenessBoundsMs: readonly number[] = [
  1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000, 5_000, 30_000, 60_000, 600_000, 3_600_000,
]

/** Of those that numbers of attempts are counted in. */
export const attemptsBounds: readonly number[] = [1, 2, 3, 4, 5, 6, 8, 10, 20, 50]

/** A bucket for each of `bounds`, and one for what is more. */
export const emptyHistogram = (bounds: readonly number[]): number[] =>
  Array.from({ length: bounds.length + 1 }, () => 0)

/** Counts `value` in the bucket that it belongs to. */
export const countIn = (histogram: number[], bounds: readonly number[], value: number): void => {
  const found = bounds.findIndex((bound) => value <= bound)
  const at = found < 0 ? bounds.length : found
  histogram[at] = (histogram[at] ?? 0) + 1
}
