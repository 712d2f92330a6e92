import type { Random } from '../contracts/random.ts'

const firstMs = 100
const lastMs = 30_000

/** How long to wait before the next try: doubling up to half a minute, a fifth more or less, so that many do not come at once. */
export const backOffMs = (failures: number, random: Random): number => {
  const ms = Math.min(lastMs, firstMs * 2 ** Math.min(failures - 1, 20))
  return Math.round(ms * (0.8 + random.next() * 0.4))
}
