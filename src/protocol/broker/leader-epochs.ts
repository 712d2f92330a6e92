/** Where the records of a leader's epoch begin. */
export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** The epochs whose records a log holds, rising in both numbers. Never changed in place. */
export type LeaderEpochs = readonly EpochStart[]

/** Where the records of an epoch end, exclusive. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

export const latestEpoch = (epochs: LeaderEpochs): number | undefined => epochs.at(-1)?.epoch

/** An epoch begins. Entries that contradict it, by a later epoch or an offset at or behind its own, were never true. */
export const assignEpoch = (epochs: LeaderEpochs, begins: EpochStart): LeaderEpochs => {
  const last = epochs.at(-1)
  if (last?.epoch === begins.epoch && last.startOffset <= begins.startOffset) return epochs
  const before = epochs.filter((e) => e.epoch < begins.epoch && e.startOffset < begins.startOffset)
  return [...before, begins]
}

/**
 * Where the largest epoch up to `epoch` ends in this log; undefined where this log cannot tell, because `epoch` is
 * later than all it has seen. Two logs agree up to the smaller of their answers for an epoch that both have.
 *
 * Source: KIP-101, KIP-279.
 */
export const endOffsetFor = (epochs: LeaderEpochs, epoch: number, logEnd: number): EpochEnd | undefined => {
  const latest = latestEpoch(epochs)
  if (latest === undefined || epoch > latest) return undefined
  if (epoch === latest) return { epoch, endOffset: logEnd }
  const above = epochs.findIndex((e) => e.epoch > epoch)
  const endOffset = epochs[above]?.startOffset ?? logEnd
  return { epoch: epochs[above - 1]?.epoch ?? epoch, endOffset }
}

/** The log now ends at `endOffset`. */
export const truncateEpochsFromEnd = (epochs: LeaderEpochs, endOffset: number): LeaderEpochs =>
  epochs.some((e) => e.startOffset >= endOffset) ? epochs.filter((e) => e.startOffset < endOffset) : epochs

/** The log now begins at `startOffset`, within the epoch that it did before. */
export const truncateEpochsFromStart = (epochs: LeaderEpochs, startOffset: number): LeaderEpochs => {
  const first = epochs.findLastIndex((e) => e.startOffset <= startOffset)
  const begun = epochs[first]
  if (begun === undefined || (first === 0 && begun.startOffset === startOffset)) return epochs
  return [{ epoch: begun.epoch, startOffset }, ...epochs.slice(first + 1)]
}
