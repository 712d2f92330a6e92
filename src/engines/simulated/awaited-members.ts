import { internalTopics } from '../internal-topics.ts'
import type { SimulatedCluster } from './cluster.ts'

/** A group that waits for a member until its session is over, though there is nobody any more who could give a sign of life. */
export interface AwaitedMember {
  readonly group: string
  readonly memberId: string
  /** How long it is still waited for. */
  readonly forMs: number
}

/**
 * The members that groups wait for and that nobody is: their processes have died, or have become other members since.
 * `undefined` where a coordinator is not there to say so.
 */
export const awaitedMembers = (cluster: SimulatedCluster): readonly AwaitedMember[] | undefined => {
  const present = new Set([...cluster.members].filter(({ process }) => process.isAlive).map((one) => one.memberId()))
  const awaited: AwaitedMember[] = []
  const { layout = [] } = cluster.controller.view.topics.get(internalTopics.offsets) ?? {}
  for (const [partition, { leader }] of layout.entries()) {
    const shard = leader === undefined ? undefined : cluster.broker(leader)?.coordination.groups(partition)
    if (shard === undefined || !('groups' in shard)) return undefined
    for (const [group, { members }] of shard.groups)
      for (const { memberId, deadline } of members.values())
        if (!present.has(memberId)) awaited.push({ group, memberId, forMs: Math.max(0, deadline - cluster.world.now) })
  }
  return awaited
}
