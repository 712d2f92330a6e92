import { type AlterAnswer, type AlterPartition, alterRefusal } from './alter-partition.ts'
import { type ElectionKind, electLeader } from './partition-election.ts'
import { type ControllerView, effectiveMinIsr, type PartitionRegistration } from './partition-registration.ts'

/** What happens to a partition at the controller; `view` is how things are once it has happened. */
export type ControllerCommand = { readonly view: ControllerView } & (
  | { readonly _tag: 'brokerFenced'; readonly brokerId: number }
  | { readonly _tag: 'brokerUnfenced'; readonly brokerId: number }
  | { readonly _tag: 'brokerShuttingDown'; readonly brokerId: number }
  /** It was started anew. `clean`: it had been shut down in order, so that it has all that it ever had. */
  | { readonly _tag: 'brokerRegistered'; readonly brokerId: number; readonly clean: boolean }
  | { readonly _tag: 'alterPartition'; readonly asked: AlterPartition }
  /** Somebody asks for it, or the setting has changed. */
  | { readonly _tag: 'elect'; readonly kind: ElectionKind }
  | { readonly _tag: 'minIsrChanged' }
)

export type ControllerEffect =
  /** Durable in the controller's log first; then every broker learns it, in the order of the partition epochs. */
  | { readonly _tag: 'publish'; readonly registration: PartitionRegistration }
  | { readonly _tag: 'answerAlter'; readonly asked: AlterPartition; readonly answer: AlterAnswer }

export type ControllerStep = readonly [PartitionRegistration, readonly ControllerEffect[]]

/** What the controller's rules rest on; the tests of tests put others in their place. */
export interface ControllerRules {
  readonly elect: typeof electLeader
  readonly refuseAlter: typeof alterRefusal
}

/** The controller of one partition, by these rules: see {@link stepController}. */
export const controllerWith =
  (rules: ControllerRules) =>
  (registration: PartitionRegistration, command: ControllerCommand): ControllerStep => {
    const { view } = command
    const { isr } = registration
    const kept = { isr, kind: view.uncleanLeaderElection ? ('unclean' as const) : ('online' as const) }
    switch (command._tag) {
      case 'brokerFenced':
      case 'brokerShuttingDown':
        return published(registration, change(rules, registration, { ...kept, isr: without(isr, command) }, view))
      case 'brokerRegistered': {
        const lost = command.clean || !view.eligibleLeaderReplicas ? undefined : command.brokerId
        const left = { ...kept, isr: without(isr, command), lost }
        return published(registration, change(rules, registration, left, view))
      }
      case 'brokerUnfenced':
      case 'minIsrChanged':
        return published(registration, change(rules, registration, kept, view))
      case 'elect':
        return published(registration, change(rules, registration, { ...kept, kind: command.kind }, view))
      case 'alterPartition':
        return alter(rules, registration, command.asked, view)
    }
  }

/**
 * The controller of one partition: who is in sync, who is eligible, who leads.
 *
 * **Guarantees** a leader epoch belongs to one leader. Nobody becomes leader who is neither in sync nor eligible, but
 * for elections that `recovering` tells of. Without ELR somebody is always in sync.
 *
 * Source: Kafka's ReplicationControlManager and PartitionChangeBuilder at 4.0; KIP-497, KIP-841, KIP-903, KIP-966.
 */
export const stepController: (registration: PartitionRegistration, command: ControllerCommand) => ControllerStep =
  controllerWith({ elect: electLeader, refuseAlter: alterRefusal })

const without = (isr: readonly number[], { brokerId }: { readonly brokerId: number }): readonly number[] =>
  isr.filter((member) => member !== brokerId)

const published = (was: PartitionRegistration, is: PartitionRegistration): ControllerStep =>
  is === was ? [was, []] : [is, [{ _tag: 'publish', registration: is }]]

const alter = (
  rules: ControllerRules,
  was: PartitionRegistration,
  asked: AlterPartition,
  view: ControllerView,
): ControllerStep => {
  const answered = (answer: AlterAnswer) => ({ _tag: 'answerAlter', asked, answer }) as const
  const reason = rules.refuseAlter(asked, was, view)
  if (reason !== undefined) return [was, [answered({ _tag: 'refused', reason })]]
  const target = { isr: asked.isr.map(({ brokerId }) => brokerId), kind: 'online' as const }
  const changed = change(rules, { ...was, recovering: false }, target, view)
  // Even one that changes nothing takes an epoch: copies of the leader's earlier requests are void from here on.
  const is = { ...changed, partitionEpoch: was.partitionEpoch + 1 }
  return [is, [{ _tag: 'publish', registration: is }, answered({ _tag: 'altered', registration: is })]]
}

interface Target {
  readonly isr: readonly number[]
  readonly kind: ElectionKind
  /** A broker that may have lost records. */
  readonly lost?: number | undefined
}

/** The registration with this ISR and what follows from it; the same object if that is nothing. */
const change = (
  rules: ControllerRules,
  was: PartitionRegistration,
  target: Target,
  view: ControllerView,
): PartitionRegistration => {
  const eligible = eligibleWith(was, target, view)
  const { leader, unclean } = rules.elect({ registration: was, isr: target.isr, elr: eligible }, target.kind, view)
  const fromElr = leader !== undefined && eligible.includes(leader)
  const isr =
    leader !== undefined && (unclean || fromElr)
      ? [leader]
      : target.isr.length > 0 || view.eligibleLeaderReplicas
        ? target.isr
        : was.isr
  const elr = unclean ? [] : eligible.filter((brokerId) => brokerId !== leader)
  const lastKnownElr = leader === undefined && view.eligibleLeaderReplicas ? lastKnown(was, isr) : []
  const moved = leader !== was.leader
  const recovering = was.recovering || unclean
  const is = { ...was, leader, isr, elr, lastKnownElr, recovering }
  const same = !moved && isSame(isr, was.isr) && isSame(elr, was.elr) && isSame(lastKnownElr, was.lastKnownElr)
  if (same) return was
  return { ...is, leaderEpoch: was.leaderEpoch + (moved ? 1 : 0), partitionEpoch: was.partitionEpoch + 1 }
}

const eligibleWith = (was: PartitionRegistration, { isr, lost }: Target, view: ControllerView): readonly number[] => {
  if (!view.eligibleLeaderReplicas || isr.length >= effectiveMinIsr(view.minInsyncReplicas, was.replicas)) return []
  const candidates = [...was.elr, ...was.isr.filter((brokerId) => !was.elr.includes(brokerId))]
  return candidates.filter((brokerId) => !isr.includes(brokerId) && brokerId !== lost)
}

const lastKnown = (was: PartitionRegistration, isr: readonly number[]): readonly number[] =>
  isr.length === 0 && was.leader !== undefined ? [was.leader] : was.lastKnownElr

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((brokerId, at) => brokerId === b[at])
