import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../../contracts/position.ts'
import { logConfig } from '../../../log/log-config.ts'
import type { AlterPartition } from '../../../protocol/broker/alter-partition.ts'
import type { stepReplica } from '../../../protocol/broker/replica.ts'
import { loadReplica } from '../../../protocol/broker/replica-state.ts'
import type { Mutant } from '../cluster-options.ts'
import { isAnswer } from '../switchboard.ts'
import type { ClusterView, TopicView } from '../wire.ts'
import { type AskController, type BrokerParts, retryMs } from './broker-parts.ts'
import { HostedReplica } from './hosted-replica.ts'
import { replicaRules } from './replica-rules.ts'

export interface HostedPartitionsParts extends BrokerParts {
  readonly ask: AskController
  readonly mutants: ReadonlySet<Mutant>
  /** The broker's. */
  readonly epoch: () => number
}

/** How often replicas look at the time. */
const tickMs = 500
/** How often high watermarks are written down, and the log's unsynced end to the disk. */
const checkpointMs = 5_000

/** The replicas at one broker. */
export class HostedPartitions {
  readonly #parts: HostedPartitionsParts
  readonly #step: typeof stepReplica
  readonly #hosted = new Map<string, HostedReplica>()
  #brokers: ClusterView['brokers'] = new Map()

  constructor(parts: HostedPartitionsParts) {
    this.#parts = parts
    this.#step = replicaRules(parts.mutants)
  }

  get all(): IterableIterator<HostedReplica> {
    return this.#hosted.values()
  }

  at(position: TopicPartition): HostedReplica | undefined {
    return this.#hosted.get(partitionName(position))
  }

  leaderOf(at: TopicPartition): E.Either<EngineFailure, HostedReplica> {
    const hosted = this.at(at)
    return hosted?.isLeading === true ? E.right(hosted) : E.left(notLeader(this.#parts.id, at))
  }

  /** Begins to look at the time, and to write to the disk every now and then. */
  begin(): void {
    this.#tick()
    this.#checkpointLater()
  }

  /** Does what the metadata say of what is here, and calls `followed` for each; answers topics that are gone. */
  follow(view: ClusterView, followed: (hosted: HostedReplica) => void): ReadonlySet<string> {
    const gone = this.#dropWhatIsGone(view)
    const areNew = view.brokers !== this.#brokers
    this.#brokers = view.brokers
    for (const topic of view.topics.values())
      for (const [partition, registration] of topic.layout.entries()) {
        if (!registration.replicas.includes(this.#parts.id)) continue
        const hosted = this.#host(topic, partition)
        hosted.config = logConfig(topic.config)
        if (areNew) hosted.do({ _tag: 'brokersChanged', active: view.brokers })
        hosted.do({ _tag: 'registered', registration })
        followed(hosted)
      }
    return gone
  }

  /** The end in good order. */
  close(): void {
    const { disk } = this.#parts
    for (const hosted of this.#hosted.values()) {
      hosted.checkpoint()
      hosted.do({ _tag: 'stopped' })
    }
    disk.sync()
    disk.wasClosed = true
  }

  #dropWhatIsGone(view: ClusterView): ReadonlySet<string> {
    const gone = new Set<string>()
    for (const [name, hosted] of [...this.#hosted]) {
      if (view.topics.get(hosted.topic)?.id === hosted.topicId) continue
      hosted.do({ _tag: 'stopped' })
      this.#hosted.delete(name)
      this.#parts.disk.delete(hosted.topicId, name)
      gone.add(hosted.topic)
    }
    return gone
  }

  #host(topic: TopicView, partition: number): HostedReplica {
    const name = partitionName({ topic: topic.name, partition })
    const known = this.#hosted.get(name)
    if (known !== undefined) return known
    const { id, options, world, process, mutants, watched } = this.#parts
    const disk = this.#parts.disk.open(topic.id, name, topic.internal ? 0 : options.firstOffset)
    const { log, highWatermark } = disk
    const hosted: HostedReplica = new HostedReplica(
      {
        topic: topic.name,
        partition,
        topicId: topic.id,
        disk,
        step: this.#step,
        nowMs: () => world.wallMs,
        mutants,
        alterPartition: (asked) => this.#alterPartition(hosted, asked),
        watched,
        tell: (what, about) => world.tell(process, what, about),
        replica: loadReplica({
          name,
          brokerId: id,
          brokerEpoch: this.#parts.epoch(),
          settings: { minInsyncReplicas: options.minInsyncReplicas, replicaLagTimeMaxMs: options.replicaLagMs },
          log: { start: log.startOffset, end: log.endOffset, epochs: log.epochs, highWatermark },
        }),
      },
      logConfig(topic.config),
    )
    this.#hosted.set(name, hosted)
    hosted.do({ _tag: 'brokersChanged', active: this.#brokers })
    return hosted
  }

  #alterPartition(hosted: HostedReplica, asked: AlterPartition): void {
    const { world, process, ask } = this.#parts
    const { topic, partition } = hosted
    ask('alterPartition', { topic, partition, asked }, (answer) => {
      if (isAnswer(answer)) return hosted.do({ _tag: 'alterAnswered', asked, answer })
      world.after(process, retryMs, 'asks for another ISR', () => hosted.do({ _tag: 'alterLost', asked }))
    })
  }

  #tick(): void {
    for (const hosted of this.#hosted.values()) hosted.do({ _tag: 'tick' })
    this.#parts.world.after(this.#parts.process, tickMs, 'tick', () => this.#tick())
  }

  #checkpointLater(): void {
    const { world, process, disk } = this.#parts
    world.after(process, checkpointMs, 'checkpoint', () => {
      for (const hosted of this.#hosted.values()) {
        this.#retain(hosted)
        hosted.checkpoint()
      }
      disk.sync()
      this.#checkpointLater()
    })
  }

  #retain(hosted: HostedReplica): void {
    const { deletes, retentionMs } = hosted.config
    if (!hosted.isLeading || !deletes || retentionMs < 0) return
    const start = hosted.log.olderThan(this.#parts.world.wallMs - retentionMs, hosted.highWatermark)
    if (start > hosted.log.startOffset) hosted.deleteBefore(start)
  }
}

const notLeader = (id: number, at: TopicPartition): EngineFailure =>
  engineFailure('not-leader', `broker ${id} does not lead ${partitionName(at)}: look up the leader and ask there`)
