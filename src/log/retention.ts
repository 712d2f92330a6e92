import type { LogConfig } from './log-config.ts'
import type { Segment } from './segment.ts'

export interface Expiry {
  readonly now: number
  readonly config: LogConfig
  readonly highWatermark: number
}

/**
 * Before which offset a topic's configuration lets records go: whole segments, oldest first, below the high watermark;
 * those whose last append is longer ago than `retention.ms`, and those over `retention.bytes`. 0 where none may go.
 */
export const expiredBefore = (segments: readonly Segment[], { now, config, highWatermark }: Expiry): number => {
  const { retentionBytes, retentionMs } = config
  let total = retentionBytes < 0 ? 0 : segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  let before = 0
  for (const [at, segment] of segments.entries()) {
    const end = segments[at + 1]?.baseOffset ?? highWatermark
    const isOld = retentionMs >= 0 && segment.lastAppendMs >= 0 && now - segment.lastAppendMs > retentionMs
    const isOver = retentionBytes >= 0 && total - segment.sizeBytes >= retentionBytes
    if (end > highWatermark || segment.sizeBytes === 0 || !(isOld || isOver)) return before
    total -= segment.sizeBytes
    before = end
  }
  return before
}
