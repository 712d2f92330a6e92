import type { Clock } from '../../../contracts/clock.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { kafkaGroupSettings } from '../../../protocol/broker/group-state.ts'
import { internalTopics } from '../../internal-topics.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import type { Process } from '../world/process.ts'
import type { TraceSubject } from '../world/trace.ts'
import type { World } from '../world/world.ts'
import { GroupShard } from './group-shard.ts'
import type { HostedReplica } from './hosted-replica.ts'
import { ledLog } from './led-partition.ts'
import type { Watched } from './observer.ts'
import { TransactionShard, type TransactionShardParts } from './transaction-shard.ts'

export interface CoordinationParts extends Pick<TransactionShardParts, 'allocateProducerId' | 'sendMarkers'> {
  readonly world: World
  readonly process: Process
  readonly clock: Clock
  readonly options: Pick<ClusterOptions, 'initialRebalanceDelayMs' | 'firstTransactionEpoch'>
  readonly watched: Watched
}

interface Led<Shard> {
  readonly leaderEpoch: number
  /** Undefined while the log is being read. */
  readonly shard: Shard | undefined
}

/** How long a new coordinator reads its log. */
const loadMs = 2

/** The coordinators at one broker: one for each partition of the cluster's own topics that it leads. */
export class Coordination {
  readonly #parts: CoordinationParts
  readonly #transactions = new Map<number, Led<TransactionShard>>()
  readonly #groups = new Map<number, Led<GroupShard>>()

  constructor(parts: CoordinationParts) {
    this.#parts = parts
  }

  get transactionShards(): readonly TransactionShard[] {
    return [...this.#transactions.values()].flatMap(({ shard }) => shard ?? [])
  }

  get groupShards(): readonly GroupShard[] {
    return [...this.#groups.values()].flatMap(({ shard }) => shard ?? [])
  }

  transactions(partition: number): TransactionShard | EngineFailure {
    return this.#transactions.get(partition)?.shard ?? notHere
  }

  groups(partition: number): GroupShard | EngineFailure {
    return this.#groups.get(partition)?.shard ?? notHere
  }

  /** The broker's process is about to end. */
  leave(): void {
    for (const shard of [...this.transactionShards, ...this.groupShards]) shard.leave()
  }

  /** Leadership of a partition may have changed. */
  follow(hosted: HostedReplica): void {
    const { clock, options } = this.#parts
    const log = () => ledLog(hosted, this.#parts.world, this.#parts.process, () => clock.now())
    if (hosted.topic === internalTopics.transactions)
      this.#lead(
        this.#transactions,
        hosted,
        () =>
          new TransactionShard({
            ...this.#parts,
            firstEpoch: options.firstTransactionEpoch,
            log: log(),
            tell: (what) => this.#tell(what, 'transaction'),
          }),
      )
    if (hosted.topic === internalTopics.offsets) {
      const settings = { ...kafkaGroupSettings, initialRebalanceDelayMs: options.initialRebalanceDelayMs }
      this.#lead(
        this.#groups,
        hosted,
        () =>
          new GroupShard({
            log: log(),
            clock,
            settings,
            watched: this.#parts.watched,
            tell: (what) => this.#tell(what, 'group'),
          }),
      )
    }
  }

  /** The topic is gone. */
  forgetTopic(topic: string): void {
    for (const shard of this.groupShards) shard.forgetTopic(topic)
  }

  #tell(what: () => string, about: TraceSubject): void {
    this.#parts.world.tell(this.#parts.process, what, about)
  }

  #lead<Shard extends { depose: () => void }>(
    shards: Map<number, Led<Shard>>,
    { partition, isLeading, leaderEpoch }: HostedReplica,
    open: () => Shard,
  ): void {
    const led = shards.get(partition)
    if (isLeading && led?.leaderEpoch === leaderEpoch) return
    shards.delete(partition)
    led?.shard?.depose()
    if (!isLeading) return
    shards.set(partition, { leaderEpoch, shard: undefined })
    this.#parts.world.after(this.#parts.process, loadMs, 'loads a coordinator', () => {
      const now = shards.get(partition)
      if (now?.leaderEpoch === leaderEpoch && now.shard === undefined)
        shards.set(partition, { leaderEpoch, shard: open() })
    })
  }
}

const notHere = engineFailure(
  'not-coordinator',
  'this broker does not coordinate it, or not yet: find the coordinator and ask again',
)

export const isFailure = (found: TransactionShard | GroupShard | EngineFailure): found is EngineFailure =>
  '_tag' in found && found._tag === 'EngineFailure'
