import { leaderHighWatermark } from '../../../protocol/broker/high-watermark.ts'
import { isInSync } from '../../../protocol/broker/in-sync-replicas.ts'
import { replicaWith, type stepReplica } from '../../../protocol/broker/replica.ts'
import type { ReplicaStep } from '../../../protocol/broker/replica-messages.ts'
import type { Mutant } from '../cluster-options.ts'

/** A replica's machine, with what is broken on purpose. */
export const replicaRules = (mutants: ReadonlySet<Mutant>): typeof stepReplica => {
  const step = replicaWith({ isInSync, highWatermark: highWatermarkRule(mutants) })
  return (replica, command) => {
    if (mutants.has('old-metadata-followed') && command._tag === 'registered')
      return step({ ...replica, partitionEpoch: -1 }, command)
    if (mutants.has('no-divergence-check') && command._tag === 'fetch')
      return step(replica, { ...command, fetch: { ...command.fetch, lastFetchedEpoch: undefined } })
    const next = step(replica, command)
    return mutants.has('high-watermark-goes-by-all') ? byAll(next) : next
  }
}

const highWatermarkRule = (mutants: ReadonlySet<Mutant>): typeof leaderHighWatermark => {
  if (mutants.has('high-watermark-is-log-end')) return ({ log }) => log.end
  return mutants.has('high-watermark-ignores-maximal-isr')
    ? (replica, now) => leaderHighWatermark({ ...replica, role: { ...replica.role, pending: undefined } }, now)
    : leaderHighWatermark
}

/** No further than the slowest replica, in sync or not. */
const byAll = ([replica, effects]: ReplicaStep): ReplicaStep => {
  const { role, log } = replica
  if (role._tag !== 'leading') return [replica, effects]
  const ends = [...role.followers.values()].flatMap(({ logEnd }) => (logEnd < 0 ? [] : [logEnd]))
  const highWatermark = Math.max(log.start, Math.min(log.highWatermark, ...ends))
  return [{ ...replica, log: { ...log, highWatermark } }, effects]
}
