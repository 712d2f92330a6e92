import { engineFailure } from '../../contracts/failure.ts'
import { assignEpoch } from './leader-epochs.ts'
import type { PartitionRegistration } from './partition-registration.ts'
import { nothing, type ReplicaStep } from './replica-messages.ts'
import { type FollowerProgress, isLeading, type Leading, type Replica } from './replica-state.ts'

/** The controller has decided: this replica leads, follows, or is none any more. */
export const register = (replica: Replica, registration: PartitionRegistration, now: number): ReplicaStep => {
  const { leader, leaderEpoch, partitionEpoch, replicas } = registration
  if (partitionEpoch <= replica.partitionEpoch) return nothing(replica)
  const { role } = replica
  const told = { ...replica, leaderEpoch, partitionEpoch, replicas }
  if (leader === replica.brokerId) return nothing(lead(replica, told, registration, now))
  const isReplica = replicas.includes(replica.brokerId)
  if (role._tag === 'following' && isReplica && leaderEpoch === replica.leaderEpoch) return nothing(told)
  const [resigned, answers] = resign(replica)
  const next = isReplica ? ({ _tag: 'following', leader, fetch: undefined } as const) : resigned.role
  return [{ ...resigned, leaderEpoch, partitionEpoch, replicas, role: next }, answers]
}

/** It leads no more, and fetches no more; what waits for the high watermark is not known to survive. */
export const resign = (replica: Replica): ReplicaStep => {
  const resigned: Replica = { ...replica, role: { _tag: 'idle' } }
  if (!isLeading(replica)) return nothing(resigned)
  const message = `${replica.name}: the leader was replaced before all in-sync replicas had the records: they may or may not survive; sending them again with the same sequence does not repeat them`
  const failure = engineFailure('leadership-lost', message)
  return [resigned, replica.role.waiting.map(({ request }) => ({ _tag: 'answerProduce' as const, request, failure }))]
}

const lead = (was: Replica, told: Replica, { isr }: PartitionRegistration, now: number): Replica => {
  const led = was.role._tag === 'leading' ? was.role : undefined
  if (led !== undefined && told.leaderEpoch === was.leaderEpoch) {
    const followers = followersOf(told, (brokerId) => led.followers.get(brokerId) ?? stranger)
    return { ...told, role: { ...led, isr, pending: undefined, followers } }
  }
  // Where an epoch was skipped another may have led, and followers may have cut off what they had.
  const known = told.leaderEpoch === was.leaderEpoch + 1 ? led?.followers : undefined
  const { log } = told
  const begin = (brokerId: number): FollowerProgress => {
    const progress = known?.get(brokerId) ?? stranger
    return isr.includes(brokerId)
      ? { ...progress, lastCaughtUp: now, lastFetch: undefined, leaderEndAtLastFetch: log.end }
      : { ...progress, lastFetch: undefined, leaderEndAtLastFetch: -1 }
  }
  const role: Leading = {
    _tag: 'leading',
    epochStart: log.end,
    isr,
    pending: undefined,
    followers: followersOf(told, begin),
    waiting: led?.waiting ?? [],
  }
  const epochs = assignEpoch(log.epochs, { epoch: told.leaderEpoch, startOffset: log.end })
  return { ...told, log: { ...log, epochs }, role }
}

const followersOf = (
  { brokerId, replicas }: Replica,
  progress: (brokerId: number) => FollowerProgress,
): Leading['followers'] =>
  new Map(replicas.filter((other) => other !== brokerId).map((other) => [other, progress(other)]))

const stranger: FollowerProgress = {
  logEnd: -1,
  logStart: -1,
  lastFetch: undefined,
  leaderEndAtLastFetch: -1,
  lastCaughtUp: undefined,
  brokerEpoch: undefined,
}
