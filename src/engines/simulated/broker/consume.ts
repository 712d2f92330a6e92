import * as E from 'fp-ts/lib/Either.js'
import { readRecords } from '../../../batch/read-records.ts'
import type { Isolation, OffsetAt } from '../../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import type { Position } from '../../../contracts/position.ts'
import { admitRead, latestOffset } from '../../../protocol/broker/replica-read.ts'
import { outOfRange } from '../../refusals.ts'
import { type FetchedPartition, unreadable } from '../fetched-partition.ts'
import type { HostedReplica } from './hosted-replica.ts'

/** What of a partition is there at `position` now; `undefined` where a reader has to wait. */
export const fetchAt = (
  hosted: HostedReplica,
  { topic, partition, offset, leaderEpoch }: Position & { readonly leaderEpoch?: number },
  { isolation, maxBytes }: { readonly isolation: Isolation; readonly maxBytes: number },
): FetchedPartition | undefined => {
  const admitted = admitRead(hosted.replica, leaderEpoch)
  if (E.isLeft(admitted)) return unreadable({ topic, partition }, admitted.left)
  const { log, highWatermark, lastStableOffset } = hosted
  const bounds = { topic, partition, startOffset: log.startOffset, highWatermark, lastStableOffset }
  if (offset < log.startOffset || offset > highWatermark) {
    return { ...bounds, batches: [], aborted: [], failure: outOfRange({ topic, partition, offset }, bounds) }
  }
  if (log.isDamagedAt(offset)) {
    const message = `the batch with offset ${offset} of ${hosted.name} is damaged: the broker has to be started anew, or another one to lead`
    return { ...bounds, batches: [], aborted: [], failure: engineFailure('corrupt-log', message) }
  }
  const bound = isolation === 'read_committed' ? lastStableOffset : highWatermark
  const batches = log.read(offset, bound, maxBytes)
  if (batches.length === 0) return undefined
  const aborted = isolation === 'read_committed' ? log.abortedBetween(offset, bound) : []
  return { ...bounds, batches, aborted }
}

/** The offset at a time, or at an end of the log. */
export const offsetAt = (
  hosted: HostedReplica,
  at: OffsetAt | 'high-watermark',
  isolation: Isolation,
): E.Either<EngineFailure, number> => {
  const admitted = admitRead(hosted.replica, undefined)
  if (E.isLeft(admitted)) return admitted
  if (at === 'earliest') return E.right(hosted.log.startOffset)
  const latest = latestOffset(hosted.replica, undefined)
  if (E.isLeft(latest) || at === 'high-watermark') return latest
  const end = isolation === 'read_committed' ? hosted.lastStableOffset : latest.right
  return E.right(at === 'latest' ? end : Math.min(firstAt(hosted, at.timestamp, end), end))
}

const firstAt = (hosted: HostedReplica, timestamp: number, end: number): number => {
  const batch = hosted.log.firstBatchAt(timestamp, end)
  if (batch === undefined) return end
  let found = end
  const read = readRecords(batch, (record) => {
    if (record.timestamp >= timestamp && record.offset >= hosted.log.startOffset && record.offset < found)
      found = record.offset
  })
  if (E.isLeft(read)) throw new Error(`broken invariant: ${hosted.name} holds a corrupt batch: ${read.left.reason}`)
  return found
}
