import { andThen } from '../step.ts'
import { advance, leaderHighWatermark } from './high-watermark.ts'
import { alterAnswered, alterLost, expandIsr, isInSync, shrinkIsr } from './in-sync-replicas.ts'
import { answerFetch, noteFetch } from './replica-fetch.ts'
import { fetched, fetchNext } from './replica-follow.ts'
import { type FollowerFetch, nothing, type ReplicaCommand, type ReplicaStep } from './replica-messages.ts'
import { appended, expireWaiting } from './replica-produce.ts'
import { register, resign } from './replica-role.ts'
import { isLeading, type Replica, trimLog } from './replica-state.ts'

/** What a replica's promises rest on; the tests of tests put others in their place. */
export interface ReplicaRules {
  readonly highWatermark: typeof leaderHighWatermark
  readonly isInSync: typeof isInSync
}

/** A replica by these rules: see {@link stepReplica}. */
export const replicaWith =
  (rules: ReplicaRules) =>
  (replica: Replica, command: ReplicaCommand): ReplicaStep => {
    const { now } = command
    const onward = (step: ReplicaStep): ReplicaStep => andThen(step, (next) => advance(rules.highWatermark, next, now))
    switch (command._tag) {
      case 'registered':
        return onward(register(replica, command.registration, now))
      case 'brokersChanged':
        return onward(nothing({ ...replica, active: command.active }))
      case 'configured': {
        const { minInsyncReplicas } = command
        return onward(nothing({ ...replica, settings: { ...replica.settings, minInsyncReplicas } }))
      }
      case 'appended':
        return onward(appended(replica, command))
      case 'fetch':
        return serve(rules, replica, command.fetch, now)
      case 'fetchNext':
        return fetchNext(replica)
      case 'fetched':
        return fetched(replica, command.fetch, command.answer)
      case 'alterAnswered':
        return onward(alterAnswered(replica, command.asked, command.answer))
      case 'alterLost':
        return alterLost(replica, command.asked)
      case 'tick':
        return isLeading(replica)
          ? andThen(onward(expireWaiting(replica, now)), (next) =>
              isLeading(next) ? shrinkIsr(next, now) : nothing(next),
            )
          : nothing(replica)
      case 'startRaised':
        return nothing(raiseStart(replica, command.startOffset))
      case 'stopped':
        return resign(replica)
    }
  }

/**
 * One broker's replica of one partition: as a leader it says what is committed and who is in sync, as a follower it
 * makes its log the leader's.
 *
 * **Guarantees** every produce request with acks=all is answered once. A leader's high watermark never goes back, and
 * what lies below it is on every replica that the controller may call in sync. A follower's fetch counts only as far as
 * its log is the leader's.
 *
 * Source: Kafka's Partition and ReplicaFetcherThread at 4.0; KIP-101, KIP-279, KIP-320, KIP-497, KIP-903, KIP-966.
 */
export const stepReplica: (replica: Replica, command: ReplicaCommand) => ReplicaStep = replicaWith({
  highWatermark: leaderHighWatermark,
  isInSync,
})

const serve = (rules: ReplicaRules, replica: Replica, fetch: FollowerFetch, now: number): ReplicaStep => {
  const answer = answerFetch(replica, fetch)
  if (answer._tag !== 'served' || !isLeading(replica)) return [replica, [{ _tag: 'answerFetch', fetch, answer }]]
  const noted = noteFetch(replica, fetch, now)
  const step = andThen(expandIsr(rules.isInSync, noted, fetch.brokerId), (next) =>
    advance(rules.highWatermark, next, now),
  )
  // The high watermark is told as this fetch has made it.
  return andThen(step, (next) => [
    next,
    [{ _tag: 'answerFetch', fetch, answer: { ...answer, highWatermark: next.log.highWatermark } }],
  ])
}

const raiseStart = (replica: Replica, startOffset: number): Replica => {
  const { log, name } = replica
  if (startOffset > log.highWatermark) {
    throw new Error(
      `broken invariant: ${name} deleted up to ${startOffset}, above its high watermark ${log.highWatermark}`,
    )
  }
  return { ...replica, log: trimLog(log, startOffset) }
}
