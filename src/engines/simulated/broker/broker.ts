import type { Mutant } from '../cluster-options.ts'
import type { ClusterView, ReplyOf, RequestName, RequestOf, Server } from '../wire.ts'
import { askController, type BrokerParts, type Handlers } from './broker-parts.ts'
import { Coordination } from './coordination.ts'
import { FollowerService } from './follower-service.ts'
import { groupRequests } from './group-requests.ts'
import { HostedPartitions } from './hosted-partitions.ts'
import type { HostedReplica } from './hosted-replica.ts'
import { Markers } from './markers.ts'
import { Membership } from './membership.ts'
import { partitionRequests } from './partition-requests.ts'
import { ProducerIds } from './producer-ids.ts'
import { Replication } from './replication.ts'
import { TransactionRequests } from './transaction-requests.ts'

/** One life of a broker: its replicas, what clients and followers ask of them, and the coordinators it is home to. */
export class Broker implements Server {
  readonly coordination: Coordination
  readonly #membership: Membership
  readonly #partitions: HostedPartitions
  readonly #replication: Replication
  readonly #handlers: Partial<Handlers>

  constructor(parts: BrokerParts) {
    const { id, world, process, clock, switchboard, options, watched } = parts
    const mutants: ReadonlySet<Mutant> = new Set(options.mutants)
    const ask = askController(parts)
    const view = () => this.#membership.view
    const ids = new ProducerIds(id, ask)
    const markers = new Markers({ world, process, switchboard, view })
    const partitions = new HostedPartitions({ ...parts, ask, mutants, epoch: () => this.#membership.epoch })
    const coordination = new Coordination({
      world,
      process,
      clock,
      watched,
      options,
      allocateProducerId: (answer) => ids.take(answer),
      sendMarkers: (markersToSend, sent, isWanted) => markers.send(markersToSend, sent, isWanted),
    })
    const transactions = new TransactionRequests({ ...parts, mutants, coordination, partitions, view })
    this.#partitions = partitions
    this.coordination = coordination
    this.#replication = new Replication({ world, process, switchboard, replicas: () => partitions.all })
    this.#membership = new Membership({
      ...parts,
      ask,
      registered: () => partitions.begin(),
      learned: (learned) => this.#follow(learned),
    })
    this.#handlers = {
      publish: (published, answer) => {
        this.#membership.learn(published)
        answer({ _tag: 'done' })
      },
      metadata: (_, answer) => answer(view() ?? nothingKnown),
      allocateProducerId: (_, answer) =>
        ids.take((taken) =>
          answer(
            taken._tag === 'Right'
              ? { _tag: 'identity', producerId: taken.right, epoch: options.firstProducerEpoch }
              : { _tag: 'refused', failure: taken.left },
          ),
        ),
      ...partitionRequests({
        world,
        process,
        partitions,
        mutants,
        firstSequence: options.firstSequence,
        nowMs: () => clock.now(),
        addToTransaction: (hosted, of, added) => transactions.add({ ...of, partitions: [hosted] }, added),
      }),
      ...new FollowerService(parts, partitions).handlers,
      ...transactions.handlers,
      ...groupRequests({ world, options, coordination }),
    }
    this.#membership.register()
  }

  /** What is here, for those who check invariants. */
  get hosted(): readonly HostedReplica[] {
    return [...this.#partitions.all]
  }

  /** Gives its leaderships away, writes everything to the disk, and calls `stopped`. */
  shutDown(stopped: () => void): void {
    this.#membership.leave(() => {
      this.#partitions.close()
      stopped()
    })
  }

  handle<N extends RequestName>(name: N, request: RequestOf<N>, answer: (reply: ReplyOf<N>) => void): void {
    const handler: ((request: RequestOf<N>, answer: (reply: ReplyOf<N>) => void) => void) | undefined =
      this.#handlers[name]
    if (handler === undefined) throw new Error(`broken invariant: a broker was asked for ${name}`)
    handler(request, answer)
  }

  #follow(view: ClusterView): void {
    const gone = this.#partitions.follow(view, (hosted) => this.coordination.follow(hosted))
    for (const topic of gone) this.coordination.forgetTopic(topic)
    this.#replication.follow()
  }
}

const nothingKnown: ClusterView = { version: -1, brokers: new Map(), topics: new Map() }
