import type { ControllerView, PartitionRegistration } from './partition-registration.ts'

/** A replica as the leader knows it. */
export interface IsrMember {
  readonly brokerId: number
  /** Of its last fetch; undefined for one that has been in sync all along and not fetched from this leader. */
  readonly brokerEpoch: number | undefined
}

/** A leader asks the controller for another ISR. */
export interface AlterPartition {
  /** Which of this broker's it is, in this life of its. */
  readonly ticket: number
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly isr: readonly IsrMember[]
}

/** Kafka's errors of the same names. */
export type AlterRefusal =
  | 'stale-broker-epoch'
  | 'not-controller'
  | 'fenced-leader-epoch'
  | 'invalid-request'
  | 'invalid-update-version'
  | 'ineligible-replica'

export type AlterAnswer =
  | { readonly _tag: 'altered'; readonly registration: PartitionRegistration }
  | { readonly _tag: 'refused'; readonly reason: AlterRefusal }

/**
 * Why the controller does not do it, if so. The order matters: `ineligible-replica` comes last, so that it is said only
 * to a leader who knows the partition as it is, and who may therefore take its request back.
 */
export const alterRefusal = (
  asked: AlterPartition,
  { leader, leaderEpoch, partitionEpoch, replicas }: PartitionRegistration,
  { active }: ControllerView,
): AlterRefusal | undefined => {
  const known = active.get(asked.brokerId)
  if (known !== undefined && known !== asked.brokerEpoch) return 'stale-broker-epoch'
  if (asked.leaderEpoch > leaderEpoch || asked.partitionEpoch > partitionEpoch) return 'not-controller'
  if (asked.leaderEpoch < leaderEpoch) return 'fenced-leader-epoch'
  if (asked.brokerId !== leader) return 'invalid-request'
  if (asked.partitionEpoch < partitionEpoch) return 'invalid-update-version'
  const members = asked.isr.map(({ brokerId }) => brokerId)
  const strange = members.some((brokerId, at) => !replicas.includes(brokerId) || members.indexOf(brokerId) !== at)
  if (strange || !members.includes(leader)) return 'invalid-request'
  return asked.isr.every((member) => isEligible(member, active)) ? undefined : 'ineligible-replica'
}

/** A broker that was restarted since the leader heard of it may have lost what it had (KIP-903). */
const isEligible = ({ brokerId, brokerEpoch }: IsrMember, active: ReadonlyMap<number, number>): boolean => {
  const registered = active.get(brokerId)
  return registered !== undefined && (brokerEpoch === undefined || brokerEpoch === registered)
}
