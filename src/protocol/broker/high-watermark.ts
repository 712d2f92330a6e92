import { engineFailure } from '../../contracts/failure.ts'
import { effectiveMinIsr } from './partition-registration.ts'
import type { ReplicaEffect, ReplicaStep } from './replica-messages.ts'
import { nothing } from './replica-messages.ts'
import type { FollowerProgress, Leading, LeadingReplica, Replica, WaitingProduce } from './replica-state.ts'
import { isLeading } from './replica-state.ts'

/** Whoever may be in sync at the controller: the committed ISR and what a pending change may have made of it. */
export const maximalIsr = ({ isr, pending }: Leading): readonly number[] => pending?.maximal ?? isr

export const minIsrOf = ({ settings, replicas }: Replica): number =>
  effectiveMinIsr(settings.minInsyncReplicas, replicas)

/** Whether it has everything, or had not long ago. */
export const isCaughtUp = (
  { logEnd, lastCaughtUp }: FollowerProgress,
  { log, settings }: LeadingReplica,
  now: number,
): boolean => logEnd === log.end || (lastCaughtUp !== undefined && now - lastCaughtUp <= settings.replicaLagTimeMaxMs)

/** Whether the controller would let it join the ISR, by this broker's metadata: it runs, as the one that fetched. */
export const isEligible = (brokerId: number, { brokerEpoch }: FollowerProgress, { active }: Replica): boolean =>
  brokerEpoch !== undefined && active.get(brokerId) === brokerEpoch

/**
 * Up to where a leader's log is committed: as far as the leader, all of the maximal ISR, and those who are about to
 * join it have it. It stands still while fewer are in sync than `min.insync.replicas`: what ELR rests on.
 *
 * Source: Kafka's Partition at 4.0; KIP-497, KIP-966.
 */
export const leaderHighWatermark = (replica: LeadingReplica, now: number): number => {
  const { log, role } = replica
  if (role.isr.length < minIsrOf(replica)) return log.highWatermark
  const maximal = maximalIsr(role)
  let offset = log.end
  for (const [brokerId, follower] of role.followers) {
    if (follower.logEnd >= offset) continue
    const joining = isCaughtUp(follower, replica, now) && isEligible(brokerId, follower, replica)
    if (joining || maximal.includes(brokerId)) offset = follower.logEnd
  }
  return offset
}

/** Moves a leader's high watermark as far as `rule` allows, and answers whom that acknowledges. */
export const advance = (rule: typeof leaderHighWatermark, replica: Replica, now: number): ReplicaStep => {
  if (!isLeading(replica)) return nothing(replica)
  const { log } = replica
  const highWatermark = Math.max(log.highWatermark, rule(replica, now))
  if (highWatermark === log.highWatermark) return settle(replica)
  const [settled, answers] = settle({ ...replica, log: { ...log, highWatermark } })
  return [settled, [{ _tag: 'highWatermark', offset: highWatermark }, ...answers]]
}

const settle = (replica: LeadingReplica): ReplicaStep => {
  const { log, role } = replica
  const reached = role.waiting.filter(({ endOffset }) => endOffset <= log.highWatermark)
  if (reached.length === 0) return nothing(replica)
  const waiting = role.waiting.filter(({ endOffset }) => endOffset > log.highWatermark)
  return [{ ...replica, role: { ...role, waiting } }, reached.map((produce) => acknowledged(replica, produce))]
}

const acknowledged = (replica: LeadingReplica, { request }: WaitingProduce): ReplicaEffect => {
  const inSync = maximalIsr(replica.role).length
  const min = minIsrOf(replica)
  if (inSync >= min) return { _tag: 'answerProduce', request, failure: undefined }
  const message = `${replica.name}: the records are written, and ${inSync} of ${min} replicas are in sync: they may be lost; sending them again with the same sequence does not repeat them`
  return { _tag: 'answerProduce', request, failure: engineFailure('not-enough-replicas-after-append', message) }
}
