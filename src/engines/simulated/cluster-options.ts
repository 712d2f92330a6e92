/** How a simulated cluster is built. Times in virtual milliseconds. */
export interface ClusterOptions {
  readonly brokers: number
  /** Of every topic, the cluster's own too; no more than there are brokers. */
  readonly replicationFactor: number
  readonly minInsyncReplicas: number
  /** Whether a replica that lacks committed records may lead where no other can. */
  readonly uncleanLeaderElection: boolean
  /** KIP-966. Without it the last replica in sync stays that, alive or not. */
  readonly eligibleLeaderReplicas: boolean
  /** What clients ask of a partition's leader before it answers. */
  readonly acks: 'none' | 'leader' | 'all'
  /** Of `__consumer_offsets` and `__transaction_state` each. */
  readonly coordinatorPartitions: number
  /** How long a follower may lag before it is no longer in sync. */
  readonly replicaLagMs: number
  /** How long a broker may be silent before it is fenced. */
  readonly brokerSessionMs: number
  /** How long the first rebalance of an empty group waits for more members. */
  readonly initialRebalanceDelayMs: number
  /** With which producer ids begin: 2^53 - 1 is the last that there is. */
  readonly firstProducerId: number
  /** With which a producer without transactions begins: 32766 is the last that it may use. */
  readonly firstProducerEpoch: number
  /** As if a transactional id that is new had been taken over so often: after 32766 another producer id follows. */
  readonly firstTransactionEpoch: number
  /** With which each epoch of a producer begins: 2^31 - 1 is the last that there is, and 0 follows. */
  readonly firstSequence: number
  /** At which the log of a topic begins, as if all before were deleted long since. */
  readonly firstOffset: number
  /** Wrong on purpose, to see that the checks find it. */
  readonly mutants: readonly Mutant[]
}

/** What is broken on purpose: each must be found by the properties, or they are not worth much. */
export type Mutant =
  /** A batch that was sent twice is written twice. */
  | 'dedup-off'
  /** A gap in the sequences is nobody's business. */
  | 'sequence-check-off'
  /** Offsets sent with a transaction count at once. */
  | 'offsets-outside-transaction'
  /** Committed readers read what is undecided. */
  | 'lso-is-high-watermark'
  /** The high watermark goes by the committed ISR, not by the one that is being changed. */
  | 'high-watermark-ignores-maximal-isr'
  /** The high watermark is where the leader's log ends. */
  | 'high-watermark-is-log-end'
  /** A late EndTxn may end the next transaction: its epoch does not change in between. */
  | 'old-transaction-rules'
  /** Members of an older generation may commit. */
  | 'no-generation-fencing'
  /** The leader alone is called all. */
  | 'acks-1-sold-as-all'
  /** Offsets sent with a transaction are committed just after it. */
  | 'offsets-after-transaction'
  /** A new leader has the epoch of the one before. */
  | 'leader-epoch-stays'
  /** Whoever is there may lead, and nothing is said of what it lacks. */
  | 'elects-anybody'
  /** Brokers follow metadata that are older than what they know. */
  | 'old-metadata-followed'
  /** The high watermark goes by replicas that are out of sync, too: back, if need be. */
  | 'high-watermark-goes-by-all'
  /** A follower's log is taken for the leader's, up to where it ends. */
  | 'no-divergence-check'
  /** Committed readers read what not all replicas have. */
  | 'lso-ignores-high-watermark'
  /** Whoever takes over a transactional id is who had it before. */
  | 'takeover-keeps-epoch'
  /** A broker whose disk is gone, or cut short, is still taken for one that has everything. */
  | 'unclean-passes-for-clean'
  /** Every member of a group is assigned the same. */
  | 'assigned-to-everybody'

export const defaultCluster: ClusterOptions = {
  brokers: 3,
  replicationFactor: 3,
  minInsyncReplicas: 2,
  uncleanLeaderElection: false,
  eligibleLeaderReplicas: true,
  acks: 'all',
  coordinatorPartitions: 2,
  replicaLagMs: 10_000,
  brokerSessionMs: 6_000,
  initialRebalanceDelayMs: 0,
  firstProducerId: 0,
  firstProducerEpoch: 0,
  firstTransactionEpoch: 0,
  firstSequence: 0,
  firstOffset: 0,
  mutants: [],
}
