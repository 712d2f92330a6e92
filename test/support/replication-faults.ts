import { alterRefusal } from '../../src/protocol/broker/alter-partition.ts'
import { leaderHighWatermark } from '../../src/protocol/broker/high-watermark.ts'
import { isInSync } from '../../src/protocol/broker/in-sync-replicas.ts'
import { truncateEpochsFromEnd } from '../../src/protocol/broker/leader-epochs.ts'
import { controllerWith, stepController } from '../../src/protocol/broker/partition-controller.ts'
import { electLeader } from '../../src/protocol/broker/partition-election.ts'
import { type ReplicaRules, replicaWith, stepReplica } from '../../src/protocol/broker/replica.ts'
import type { ReplicaEffect } from '../../src/protocol/broker/replica-messages.ts'
import type { LeadingReplica } from '../../src/protocol/broker/replica-state.ts'
import { type ReplicationRules, realReplication } from './replication-world.ts'

const replicaRules: ReplicaRules = { highWatermark: leaderHighWatermark, isInSync }
const controllerRules = { elect: electLeader, refuseAlter: alterRefusal }
const faulty = (rules: Partial<ReplicationRules>): ReplicationRules => ({ ...realReplication, ...rules })
const withHighWatermark = (highWatermark: ReplicaRules['highWatermark']) =>
  faulty({ stepReplica: replicaWith({ ...replicaRules, highWatermark }) })
const committedOnly = (replica: LeadingReplica): LeadingReplica => ({
  ...replica,
  role: { ...replica.role, pending: undefined },
})

/** Rules with a fault in them, each of which the oracle finds. */
export const replicationFaults: Readonly<Record<string, ReplicationRules>> = {
  'a high watermark over the committed ISR': withHighWatermark((replica, now) =>
    leaderHighWatermark(committedOnly(replica), now),
  ),
  'a high watermark over the ISR that a leader has only asked for': withHighWatermark((replica, now) => {
    const { pending } = replica.role
    const isr = pending === undefined ? replica.role.isr : pending.isr.map(({ brokerId }) => brokerId)
    const asked = committedOnly({ ...replica, role: { ...replica.role, isr } })
    return leaderHighWatermark({ ...asked, settings: { ...asked.settings, minInsyncReplicas: 1 } }, now)
  }),
  'a high watermark that moves below min.insync.replicas': withHighWatermark((replica, now) =>
    leaderHighWatermark({ ...replica, settings: { ...replica.settings, minInsyncReplicas: 0 } }, now),
  ),
  'an ISR that a follower joins before it has what the leader began with': faulty({
    stepReplica: replicaWith({
      ...replicaRules,
      isInSync: ({ logEnd, logStart }, { log }) => logEnd >= log.highWatermark && logStart >= log.start,
    }),
  }),
  'an ISR that a follower joins before it has deleted what its leader has': faulty({
    stepReplica: replicaWith({
      ...replicaRules,
      isInSync: (follower, leader) => isInSync({ ...follower, logStart: leader.log.start }, leader),
    }),
  }),
  'acks=1 sold as acks=all': faulty({
    stepReplica: (replica, command) =>
      stepReplica(
        replica,
        command._tag === 'appended' && command.produce?.acks === -1
          ? { ...command, produce: { ...command.produce, acks: 1 } }
          : command,
      ),
  }),
  'truncation to the high watermark instead of by epochs': faulty({
    stepReplica: (replica, command) => {
      const [next, effects] = stepReplica(replica, command)
      const unasked = effects.map(
        (effect): ReplicaEffect =>
          effect._tag === 'sendFetch' ? { ...effect, fetch: { ...effect.fetch, lastFetchedEpoch: undefined } } : effect,
      )
      if (next.role._tag !== 'following' || next.leaderEpoch === replica.leaderEpoch) return [next, unasked]
      const endOffset = next.log.highWatermark
      const log = { ...next.log, end: endOffset, epochs: truncateEpochsFromEnd(next.log.epochs, endOffset) }
      return [{ ...next, log }, [...unasked, { _tag: 'truncate', endOffset }]]
    },
  }),
  'fetches that say nothing about epochs': faulty({
    stepReplica: (replica, command) =>
      stepReplica(
        replica,
        command._tag === 'fetch' ? { ...command, fetch: { ...command.fetch, lastFetchedEpoch: undefined } } : command,
      ),
  }),
  'leader epochs of fetches unchecked': faulty({
    stepReplica: (replica, command) =>
      stepReplica(
        replica,
        command._tag === 'fetch'
          ? { ...command, fetch: { ...command.fetch, leaderEpoch: replica.leaderEpoch } }
          : command,
      ),
  }),
  'answers to earlier fetches taken': faulty({
    stepReplica: (replica, command) =>
      stepReplica(
        command._tag === 'fetched' && replica.role._tag === 'following'
          ? { ...replica, role: { ...replica.role, fetch: command.fetch.ticket } }
          : replica,
        command,
      ),
  }),
  'a request for another ISR taken back while a copy is under way': faulty({
    stepReplica: (replica, command) => {
      const [next, effects] = stepReplica(replica, command)
      if (next.role._tag !== 'leading' || next.role.pending === undefined) return [next, effects]
      return [{ ...next, role: { ...next.role, pending: { ...next.role.pending, repeated: false } } }, effects]
    },
  }),
  'followers remembered where a leader epoch was skipped': faulty({
    stepReplica: (replica, command) =>
      stepReplica(
        command._tag === 'registered' &&
          replica.role._tag === 'leading' &&
          command.registration.leaderEpoch > replica.leaderEpoch
          ? { ...replica, leaderEpoch: command.registration.leaderEpoch - 1 }
          : replica,
        command,
      ),
  }),
  'an election outside of the ISR': faulty({
    stepController: controllerWith({
      ...controllerRules,
      elect: ({ registration }, _kind, { active }) => ({
        leader: registration.replicas.find((brokerId) => active.has(brokerId)),
        unclean: false,
      }),
    }),
  }),
  'an unclean shutdown taken for a clean one': faulty({
    stepController: (registration, command) =>
      stepController(registration, command._tag === 'brokerRegistered' ? { ...command, clean: true } : command),
  }),
  'partition epochs of AlterPartition unchecked': faulty({
    stepController: controllerWith({
      ...controllerRules,
      refuseAlter: (asked, registration, view) =>
        alterRefusal({ ...asked, partitionEpoch: registration.partitionEpoch }, registration, view),
    }),
  }),
  'broker epochs of a new ISR unchecked': faulty({
    stepController: controllerWith({
      ...controllerRules,
      refuseAlter: (asked, registration, view) =>
        alterRefusal(
          { ...asked, isr: asked.isr.map(({ brokerId }) => ({ brokerId, brokerEpoch: undefined })) },
          registration,
          view,
        ),
    }),
  }),
}
