import type { ControllerView, PartitionRegistration } from './partition-registration.ts'

/** `preferred` moves leadership to the first replica if it may lead; `unclean` takes anybody rather than nobody. */
export type ElectionKind = 'online' | 'preferred' | 'unclean'

/** Between whom is chosen: the registration as it is, and who would be in sync and eligible from now on. */
export interface Candidates {
  readonly registration: PartitionRegistration
  readonly isr: readonly number[]
  readonly elr: readonly number[]
}

export interface Elected {
  readonly leader: number | undefined
  /** The leader may lack records that were committed. */
  readonly unclean: boolean
}

/**
 * Who leads: the present leader if it may, else the first replica, in the order of the assignment, that is active and
 * in sync, or eligible where none is in sync. Failing that, with ELR, the last known leader, then anybody active if
 * that is allowed: both uncleanly.
 *
 * Source: Kafka's PartitionChangeBuilder; KIP-966. Unlike there, a last known leader that is not active is not elected.
 */
export const electLeader = (
  { registration, isr, elr }: Candidates,
  kind: ElectionKind,
  { active, eligibleLeaderReplicas }: ControllerView,
): Elected => {
  const { replicas, leader, lastKnownElr } = registration
  const mayLead = (brokerId: number): boolean =>
    active.has(brokerId) && (isr.length === 0 ? elr : isr).includes(brokerId)
  const present = leader === undefined ? [] : [leader]
  const inOrder = kind === 'preferred' ? [...replicas.slice(0, 1), ...present, ...replicas] : [...present, ...replicas]
  const clean = inOrder.find(mayLead)
  if (clean !== undefined) return { leader: clean, unclean: false }
  const nobody = eligibleLeaderReplicas && isr.length === 0 && elr.length === 0
  const lastResorts = [...(nobody ? lastKnownElr : []), ...(kind === 'unclean' ? replicas : [])]
  const last = lastResorts.find((brokerId) => active.has(brokerId))
  return { leader: last, unclean: last !== undefined }
}
