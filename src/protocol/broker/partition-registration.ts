/** What the controller has decided about a partition: what all brokers are told. Plain data, never changed in place. */
export interface PartitionRegistration {
  /** The brokers that keep the partition, the preferred leader first. */
  readonly replicas: readonly number[]
  /** Undefined while none may lead. */
  readonly leader: number | undefined
  /** Rises whenever a leader is set, or lost: no two leaders have the same. */
  readonly leaderEpoch: number
  /** Rises with every change. */
  readonly partitionEpoch: number
  /** The in-sync replicas: each of them holds every record that any leader called committed. */
  readonly isr: readonly number[]
  /**
   * The eligible leader replicas (KIP-966): out of sync, and still complete, since the high watermark has stood still
   * since there were fewer in sync than `min.insync.replicas`.
   */
  readonly elr: readonly number[]
  /** With ELR, the last leader, while nobody is in sync; in Kafka's balanced recovery it is all that this field holds. */
  readonly lastKnownElr: readonly number[]
  /** The leader was elected uncleanly, and nobody has joined it since. */
  readonly recovering: boolean
}

/** What the controller knows beside the partition, as it is once the command has happened. */
export interface ControllerView {
  /** Broker epochs of the brokers that may lead and be in sync: registered, not fenced, not shutting down. */
  readonly active: ReadonlyMap<number, number>
  readonly minInsyncReplicas: number
  /** Whether there is an ELR. Without one the last in-sync replica stays that, alive or not. */
  readonly eligibleLeaderReplicas: boolean
  /** `unclean.leader.election.enable` */
  readonly uncleanLeaderElection: boolean
}

/** More replicas than there are can never be in sync. */
export const effectiveMinIsr = (minInsyncReplicas: number, replicas: readonly number[]): number =>
  Math.min(minInsyncReplicas, replicas.length)

/** A new partition: in sync are those who are there, since nothing is written. */
export const createPartition = (
  replicas: readonly number[],
  { active }: Pick<ControllerView, 'active'>,
): PartitionRegistration => {
  const isr = replicas.filter((brokerId) => active.has(brokerId))
  if (isr.length === 0) throw new Error(`of the replicas [${replicas}] none is active: choose others`)
  const leader = isr[0]
  return { replicas, leader, leaderEpoch: 0, partitionEpoch: 0, isr, elr: [], lastKnownElr: [], recovering: false }
}
