import type { Group } from '../../../protocol/broker/group-state.ts'
import { decodeAssignment } from '../../../protocol/client/consumer-protocol.ts'
import type { ObservedReplica, Situation } from '../broker/observer.ts'
import type { SimulatedCluster } from '../cluster.ts'
import type { PartitionOfTopic } from '../wire.ts'
import { IdentityWatch } from './identity-watch.ts'
import { type CommittedListener, type InvariantKind, PartitionWatch } from './partition-watch.ts'
import { situationsIn } from './situations-in.ts'

/** A promise of the cluster that was not kept. */
export interface BrokenInvariant {
  readonly kind: InvariantKind
  /** For people: names the partition, the brokers, the values. */
  readonly message: string
  /** Virtual milliseconds. */
  readonly atMs: number
}

/**
 * Looks at everything that changes in a cluster, as it changes, and calls `violated` for each promise of Kafka's that
 * does not hold. Answers the situations that were come into; the set grows while the cluster runs. `committed` hears
 * of every batch that all replicas in sync have.
 *
 * Nothing is said against what an unclean election loses.
 */
export const watchInvariants = (
  cluster: SimulatedCluster,
  violated: (broken: BrokenInvariant) => void,
  committed?: CommittedListener,
): ReadonlySet<Situation> => {
  const { world, controller } = cluster
  const situations = new Set<Situation>()
  const reached = (situation: Situation) => {
    situations.add(situation)
  }
  const report = (kind: InvariantKind, message: string) => violated({ kind, message, atMs: world.now })
  const partitions = new Map<string, PartitionWatch>()
  const keyOf = ({ topicId, partition }: PartitionOfTopic) => `${topicId}/${partition}`

  const logAt = (of: ObservedReplica) => (broker: number, brokerEpoch: number | undefined) => {
    const isAsTheLeaderKnowsIt =
      brokerEpoch !== undefined &&
      controller.view.brokers.get(broker) === brokerEpoch &&
      controller.lifeOf(broker) === cluster.processOf(broker)?.number
    return isAsTheLeaderKnowsIt ? cluster.disk(broker).find(of.topicId, of.name)?.log : undefined
  }

  const watchOf = (hosted: ObservedReplica): PartitionWatch => {
    const key = keyOf(hosted)
    const known = partitions.get(key)
    if (known !== undefined) return known
    const made = new PartitionWatch(hosted, { violated: report, reached, logAt: logAt(hosted), committed })
    partitions.set(key, made)
    return made
  }

  const identities = new IdentityWatch(report)
  cluster.switchboard.answered = (from, name, reply) => {
    situationsIn(reply, reached)
    identities.look(from, name, reply)
  }
  cluster.watched.by = {
    stepped: (hosted) => watchOf(hosted).look(hosted),
    acknowledged: (hosted, endOffset) => watchOf(hosted).acknowledged(hosted, endOffset),
    registered: (partition, was, is) => {
      if (is.leaderEpoch === was.leaderEpoch || !is.recovering) return
      partitions.get(keyOf(partition))?.uncleanly(is.leaderEpoch)
    },
    grouped: (group) => {
      const twice = ownedTwice(group)
      if (twice !== undefined) report('two-owners', `group '${group.name}', generation ${group.generation}: ${twice}`)
    },
    reached,
  }
  return situations
}

/** Who of a group have the same partition, if anybody has. */
const ownedTwice = ({ phase, protocolType, members }: Group): string | undefined => {
  if (phase !== 'Stable' || protocolType !== 'consumer') return undefined
  const owners = new Map<string, string>()
  for (const { memberId, assignment } of members.values()) {
    if (assignment.length === 0) continue
    const decoded = decodeAssignment(assignment)
    if (decoded._tag === 'Left') continue
    for (const { topic, partition } of decoded.right.partitions) {
      const name = `${topic}-${partition}`
      const other = owners.get(name)
      if (other !== undefined) return `${other} and ${memberId} both have ${name}`
      owners.set(name, memberId)
    }
  }
  return undefined
}
