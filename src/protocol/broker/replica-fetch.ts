import { endOffsetFor } from './leader-epochs.ts'
import type { FetchAnswer, FetchRefusal, FollowerFetch } from './replica-messages.ts'
import { type FollowerProgress, isLeading, type LeadingReplica, type Replica } from './replica-state.ts'

/**
 * What a replica answers a follower that fetches. Only where `served` the two logs are the same up to the offset of
 * the fetch, so that this offset says what the follower has.
 *
 * Source: KIP-320, KIP-595's truncation on fetch, KIP-903.
 */
export const answerFetch = (replica: Replica, fetch: FollowerFetch): FetchAnswer => {
  const { offset, lastFetchedEpoch } = fetch
  const reason = refusal(replica, fetch)
  if (reason !== undefined) return { _tag: 'refused', reason }
  const { start, end, epochs, highWatermark } = replica.log
  const outOfRange = { _tag: 'outOfRange', logStart: start, logEnd: end } as const
  if (offset < start) return outOfRange
  if (lastFetchedEpoch !== undefined) {
    const mine = endOffsetFor(epochs, lastFetchedEpoch, end)
    if (mine === undefined) return outOfRange
    if (mine.epoch < lastFetchedEpoch || mine.endOffset < offset) return { _tag: 'diverging', ...mine }
  }
  return offset > end ? outOfRange : { _tag: 'served', offset, highWatermark, logStart: start }
}

const refusal = (replica: Replica, fetch: FollowerFetch): FetchRefusal | undefined => {
  if (fetch.leaderEpoch < replica.leaderEpoch) return 'fenced-leader-epoch'
  if (fetch.leaderEpoch > replica.leaderEpoch) return 'unknown-leader-epoch'
  if (!isLeading(replica)) return 'not-leader'
  const follower = replica.role.followers.get(fetch.brokerId)
  if (follower === undefined) return 'not-a-replica'
  return fetch.brokerEpoch < (follower.brokerEpoch ?? -1) ? 'stale-broker-epoch' : undefined
}

/** The leader's view of its followers, once this fetch has been served. */
export const noteFetch = (replica: LeadingReplica, fetch: FollowerFetch, now: number): LeadingReplica => {
  const { log, role } = replica
  const before = role.followers.get(fetch.brokerId)
  const progress: FollowerProgress = {
    logEnd: fetch.offset,
    logStart: fetch.logStart,
    lastFetch: now,
    leaderEndAtLastFetch: log.end,
    lastCaughtUp: before === undefined ? undefined : caughtUp(before, { offset: fetch.offset, end: log.end, now }),
    brokerEpoch: fetch.brokerEpoch,
  }
  return { ...replica, role: { ...role, followers: new Map(role.followers).set(fetch.brokerId, progress) } }
}

/** Whoever has all that there was at its previous fetch was caught up then, however fast the log grows. */
const caughtUp = (
  { leaderEndAtLastFetch, lastFetch, lastCaughtUp }: FollowerProgress,
  { offset, end, now }: { readonly offset: number; readonly end: number; readonly now: number },
): number | undefined => {
  if (offset >= end) return now
  return lastFetch !== undefined && offset >= leaderEndAtLastFetch ? lastFetch : lastCaughtUp
}
