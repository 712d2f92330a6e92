import type { AlterAnswer, AlterPartition, IsrMember } from './alter-partition.ts'
import { isCaughtUp, isEligible } from './high-watermark.ts'
import { nothing, type ReplicaEffect, type ReplicaStep } from './replica-messages.ts'
import {
  type FollowerProgress,
  isLeading,
  type LeadingReplica,
  type PendingIsr,
  type Replica,
} from './replica-state.ts'

/**
 * Whether a follower may be called in sync: it has all that is committed, and all that this leader began with, since
 * what an earlier leader committed may be more than this one has heard of.
 *
 * Unlike in Kafka it must also have deleted what the leader has: below that the leader remembers no epochs, and the
 * follower may have records there that were never committed.
 *
 * Source: Kafka's Partition at 4.0; KAFKA-7128.
 */
export const isInSync = ({ logStart, logEnd }: FollowerProgress, { log, role }: LeadingReplica): boolean =>
  logEnd >= log.highWatermark && logEnd >= role.epochStart && logStart >= log.start

/** Asks the controller to let a follower into the ISR, if it may, and nothing else is being asked. */
export const expandIsr = (rule: typeof isInSync, replica: LeadingReplica, brokerId: number): ReplicaStep => {
  const { isr, pending, followers } = replica.role
  const follower = followers.get(brokerId)
  if (follower === undefined || pending !== undefined || isr.includes(brokerId)) return nothing(replica)
  if (!isEligible(brokerId, follower, replica) || !rule(follower, replica)) return nothing(replica)
  const joined = [...isr, brokerId]
  return ask(replica, { isr: members(replica, joined), maximal: joined })
}

/** Asks the controller to take those out of the ISR that lag, if nothing else is being asked. */
export const shrinkIsr = (replica: LeadingReplica, now: number): ReplicaStep => {
  const { isr, pending, followers } = replica.role
  if (pending !== undefined) return nothing(replica)
  const staying = isr.filter((brokerId) => {
    const follower = followers.get(brokerId)
    return follower === undefined || isCaughtUp(follower, replica, now)
  })
  return staying.length === isr.length
    ? nothing(replica)
    : ask(replica, { isr: members(replica, staying), maximal: isr })
}

/** What the controller said. Unless it is sure that nothing came of the request, it stays pending until metadata comes. */
export const alterAnswered = (replica: Replica, asked: AlterPartition, answer: AlterAnswer): ReplicaStep => {
  if (!isLeading(replica)) return nothing(replica)
  const { role } = replica
  const { pending } = role
  if (pending === undefined || !isOf(asked, pending, replica)) return nothing(replica)
  if (answer._tag === 'altered') {
    const { leaderEpoch, partitionEpoch, isr } = answer.registration
    if (leaderEpoch !== replica.leaderEpoch || partitionEpoch <= replica.partitionEpoch) return nothing(replica)
    return nothing({ ...replica, partitionEpoch, role: { ...role, isr, pending: undefined } })
  }
  if (answer.reason === 'not-controller') return alterLost(replica, asked)
  if (answer.reason !== 'ineligible-replica') return nothing(replica)
  // Another copy may yet arrive, when the replica is eligible again: an epoch passes before it is taken back.
  if (pending.repeated) return ask(replica, { isr: members(replica, role.isr), maximal: pending.maximal })
  return nothing({ ...replica, role: { ...role, pending: undefined } })
}

export const alterLost = (replica: Replica, asked: AlterPartition): ReplicaStep => {
  if (!isLeading(replica)) return nothing(replica)
  const { pending } = replica.role
  if (pending === undefined || !isOf(asked, pending, replica)) return nothing(replica)
  const repeated = { ...replica, role: { ...replica.role, pending: { ...pending, repeated: true } } }
  return [repeated, [request(repeated, pending)]]
}

const isOf = ({ ticket, brokerEpoch }: AlterPartition, pending: PendingIsr, replica: Replica): boolean =>
  ticket === pending.ticket && brokerEpoch === replica.brokerEpoch

const ask = (replica: LeadingReplica, { isr, maximal }: Pick<PendingIsr, 'isr' | 'maximal'>): ReplicaStep => {
  const ticket = replica.nextTicket
  const pending = { ticket, isr, maximal, repeated: false }
  const asking = { ...replica, nextTicket: ticket + 1, role: { ...replica.role, pending } }
  return [asking, [request(asking, pending)]]
}

const request = (
  { brokerId, brokerEpoch, leaderEpoch, partitionEpoch }: Replica,
  { ticket, isr }: PendingIsr,
): ReplicaEffect => ({
  _tag: 'alterPartition',
  asked: { ticket, brokerId, brokerEpoch, leaderEpoch, partitionEpoch, isr },
})

const members = ({ brokerId, brokerEpoch, role }: LeadingReplica, isr: readonly number[]): readonly IsrMember[] =>
  isr.map((member) => ({
    brokerId: member,
    brokerEpoch: member === brokerId ? brokerEpoch : role.followers.get(member)?.brokerEpoch,
  }))
