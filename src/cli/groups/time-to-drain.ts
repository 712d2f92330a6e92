import { partitionName } from '../../contracts/position.ts'
import type { GroupLag, PartitionLag } from './lag.ts'

/** How long a lag will last: milliseconds, not at all as long as it grows, or not known. */
export type Drain = number | 'growing' | undefined

/**
 * How long the lag of `later` will last, if it goes on shrinking as it did since `earlier`: by as much a millisecond.
 * Not known where nothing was committed in between.
 */
export const timeToDrain = (earlier: GroupLag, later: GroupLag): ((partition: PartitionLag) => Drain) => {
  const before = new Map(earlier.partitions.map((partition) => [partitionName(partition), partition]))
  const passedMs = later.atMs - earlier.atMs
  return (partition) => {
    const { lag, currentOffset } = partition
    if (lag === undefined || currentOffset === undefined) return undefined
    if (lag === 0) return 0
    const was = before.get(partitionName(partition))
    if (was?.lag === undefined || was.currentOffset === undefined || passedMs <= 0) return undefined
    if (currentOffset <= was.currentOffset) return undefined
    const shrank = was.lag - lag
    return shrank > 0 ? Math.ceil((lag * passedMs) / shrank) : 'growing'
  }
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** `2h05m`: the two largest units; `-` where it is not known. */
export const shownDrain = (drain: Drain): string => {
  if (drain === undefined) return '-'
  if (typeof drain === 'string') return drain
  if (drain === 0) return '0s'
  if (drain < 1_000) return '<1s'
  const at = units.findIndex(([, ms]) => drain >= ms)
  const [unit, ms] = units[at] ?? ['s', 1_000]
  const [smaller, smallerMs] = units[at + 1] ?? []
  const whole = `${Math.floor(drain / ms)}${unit}`
  if (smaller === undefined || smallerMs === undefined) return whole
  return `${whole}${String(Math.floor((drain % ms) / smallerMs)).padStart(2, '0')}${smaller}`
}
