import * as E from 'fp-ts/lib/Either.js'
import { checkedChanges, checkedPartitions, checkedSpec } from '../../../codec/checked-topic.ts'
import type { TopicSpec } from '../../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import type { ControllerCommand, stepController } from '../../../protocol/broker/partition-controller.ts'
import {
  type ControllerView,
  createPartition,
  type PartitionRegistration,
} from '../../../protocol/broker/partition-registration.ts'
import { internalTopics } from '../../internal-topics.ts'
import { notLarger, topicExists, unknownTopic } from '../../refusals.ts'
import { done, refusedBy } from '../answers.ts'
import type { Watched } from '../broker/observer.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import type { ClusterView, ReplyOf, RequestName, RequestOf, Server, TopicView } from '../wire.ts'
import type { Process } from '../world/process.ts'
import type { World } from '../world/world.ts'
import { BrokerRegistry } from './broker-registry.ts'
import { controllerRules } from './controller-rules.ts'

export interface ControllerParts {
  readonly world: World
  readonly process: Process
  readonly options: ClusterOptions
  readonly watched: Watched
  /** Sends the metadata to all brokers that are up, as they are reached. */
  readonly publish: (view: ClusterView) => void
}

/** How often it looks for brokers that have fallen silent. */
const sweepMs = 1_000
/** How many producer ids a broker is given at once. */
const producerIdBlock = 1_000

const byName = (a: TopicView, b: TopicView): number => (a.name < b.name ? -1 : 1)

type Handlers = { readonly [N in RequestName]?: (request: RequestOf<N>) => ReplyOf<N> }

/**
 * Who knows which brokers, topics and leaders there are: drives the machine of every partition.
 *
 * It stands for a quorum that loses nothing and never stops: what may fail is the way there.
 */
export class Controller implements Server {
  readonly #parts: ControllerParts
  readonly #rules: typeof stepController
  readonly #brokers = new BrokerRegistry()
  readonly #topics = new Map<string, TopicView>()
  #version = 0
  #nextProducerId: number
  #topicsMade = 0
  #isPublishing = false
  #view: ClusterView | undefined

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#rules = controllerRules(parts.options.mutants)
    this.#nextProducerId = parts.options.firstProducerId
    this.#sweepLater()
  }

  /** The metadata as it is; what brokers have may be older. */
  get view(): ClusterView {
    this.#view ??= {
      version: this.#version,
      brokers: this.#brokers.active,
      topics: new Map([...this.#topics.values()].sort(byName).map((topic) => [topic.name, topic])),
    }
    return this.#view
  }

  /** The number of the process that a broker has registered with last. */
  lifeOf(broker: number): number | undefined {
    return this.#brokers.lifeOf(broker)
  }

  handle<N extends RequestName>(name: N, request: RequestOf<N>, answer: (reply: ReplyOf<N>) => void): void {
    const handler: ((request: RequestOf<N>) => ReplyOf<N>) | undefined = this.#handlers[name]
    if (handler === undefined) throw new Error(`broken invariant: the controller was asked for ${name}`)
    answer(handler(request))
  }

  readonly #handlers: Handlers = {
    metadata: () => this.view,
    register: ({ broker, life, afterCleanShutdown }) => {
      const { epoch, isNew } = this.#brokers.register(broker, life, this.#parts.world.now)
      if (isNew) this.#everywhere({ _tag: 'brokerRegistered', brokerId: broker, clean: afterCleanShutdown })
      return { _tag: 'registered', brokerEpoch: epoch }
    },
    brokerHeartbeat: (beat) => this.#heartbeat(beat),
    alterPartition: ({ topic, partition, asked }) => {
      const answers = this.#step(topic, partition, { _tag: 'alterPartition', asked })
      return answers ?? { _tag: 'refused', reason: 'invalid-request' }
    },
    allocateProducerIds: () => {
      const first = this.#nextProducerId
      this.#nextProducerId += producerIdBlock
      return { _tag: 'block', first, count: producerIdBlock }
    },
    createTopic: (spec) => {
      const checked = checkedSpec(spec)
      if (checked._tag === 'Left') return refusedBy(checked.left)
      if (this.#topics.has(spec.name)) return refusedBy(topicExists(spec.name))
      return this.#create(checked.right, false)
    },
    growTopic: ({ topic: name, partitions }) => {
      const topic = this.#owned(name)
      if (topic._tag === 'Left') return refusedBy(topic.left)
      const checked = checkedPartitions(name, partitions)
      if (checked._tag === 'Left') return refusedBy(checked.left)
      if (partitions <= topic.right.partitions) return refusedBy(notLarger(topic.right, partitions))
      const layout = this.#assign(partitions - topic.right.partitions)
      if (layout === undefined) return refusedBy(tooFewBrokers(this.#parts.options))
      this.#put({ ...topic.right, partitions, layout: [...topic.right.layout, ...layout] })
      return done
    },
    configureTopic: ({ topic: name, changes }) => {
      const topic = this.#owned(name)
      if (topic._tag === 'Left') return refusedBy(topic.left)
      const checked = checkedChanges(topic.right, changes)
      if (checked._tag === 'Left') return refusedBy(checked.left)
      this.#put({ ...topic.right, config: checked.right })
      return done
    },
    deleteTopic: ({ topic: name }) => {
      const topic = this.#owned(name)
      if (topic._tag === 'Left') return refusedBy(topic.left)
      this.#topics.delete(name)
      this.#changed()
      return done
    },
  }

  /** Elects the first replica of every partition that may lead: what an administrator does after a restart. */
  electPreferred(): void {
    this.#everywhere({ _tag: 'elect', kind: 'preferred' })
  }

  /** Elects whoever is there, complete or not, where a partition has no leader. */
  electUncleanly(): void {
    this.#everywhere({ _tag: 'elect', kind: 'unclean' })
  }

  /** Makes the cluster's own topics once there are brokers enough. */
  #createInternal(): void {
    const { brokers, coordinatorPartitions: partitions } = this.#parts.options
    if (this.#brokers.active.size < brokers) return
    for (const name of Object.values(internalTopics))
      if (!this.#topics.has(name)) this.#create({ name, partitions, config: { 'cleanup.policy': 'compact' } }, true)
  }

  #create(spec: TopicSpec, internal: boolean): ReplyOf<'createTopic'> {
    const layout = this.#assign(spec.partitions)
    if (layout === undefined) return refusedBy(tooFewBrokers(this.#parts.options))
    const id = `topic-${++this.#topicsMade}`
    const topic: TopicView = { ...spec, id, internal, layout }
    this.#put(topic)
    return { _tag: 'created', topic }
  }

  /** Replicas for `partitions` more, each beginning at the next broker. */
  #assign(partitions: number): readonly PartitionRegistration[] | undefined {
    const { brokers, replicationFactor } = this.#parts.options
    if (this.#brokers.active.size === 0) return undefined
    const first = this.#topicsMade
    return Array.from({ length: partitions }, (_, partition) => {
      const replicas = Array.from(
        { length: Math.min(replicationFactor, brokers) },
        (_, replica) => (first + partition + replica) % brokers,
      )
      const here = replicas.some((broker) => this.#brokers.active.has(broker))
      // a broker of the replicas has to be there, since the first leader has to be in sync
      return createPartition(here ? replicas : this.#withSomebody(replicas), this.#controllerView())
    })
  }

  #withSomebody(replicas: readonly number[]): readonly number[] {
    const [somebody] = this.#brokers.active.keys()
    return somebody === undefined ? replicas : [somebody, ...replicas.slice(1)]
  }

  #heartbeat({ broker, brokerEpoch, knows, wantsToStop }: RequestOf<'brokerHeartbeat'>): ReplyOf<'brokerHeartbeat'> {
    const isPresent = this.#brokers.heard(broker, brokerEpoch, this.#parts.world.now)
    if (!isPresent) return { fenced: true, mayStop: true, version: this.#version }
    const phase = this.#brokers.phaseOf(broker)
    if (phase === 'fenced' && knows === this.#version && !wantsToStop) this.#unfence(broker)
    if (phase === 'active' && wantsToStop) {
      this.#move(broker, 'leaving')
      this.#everywhere({ _tag: 'brokerShuttingDown', brokerId: broker })
    }
    const isFenced = this.#brokers.phaseOf(broker) === 'fenced'
    return { fenced: isFenced, mayStop: !this.#leadsAnything(broker), version: this.#version }
  }

  #unfence(broker: number): void {
    this.#move(broker, 'active')
    this.#everywhere({ _tag: 'brokerUnfenced', brokerId: broker })
    this.#createInternal()
  }

  #move(broker: number, phase: Parameters<BrokerRegistry['move']>[1]): void {
    this.#brokers.move(broker, phase)
    this.#changed()
  }

  #leadsAnything(broker: number): boolean {
    for (const { layout } of this.#topics.values()) if (layout.some(({ leader }) => leader === broker)) return true
    return false
  }

  #sweepLater(): void {
    const { world, process, options } = this.#parts
    world.after(process, sweepMs, 'looks for silent brokers', () => {
      for (const broker of this.#brokers.silentSince(world.now - options.brokerSessionMs)) {
        world.tell(process, () => `fences broker-${broker}`, 'leadership')
        this.#move(broker, 'fenced')
        this.#everywhere({ _tag: 'brokerFenced', brokerId: broker })
      }
      this.#sweepLater()
    })
  }

  #controllerView(): ControllerView {
    const { minInsyncReplicas, eligibleLeaderReplicas, uncleanLeaderElection } = this.#parts.options
    return { active: this.#brokers.active, minInsyncReplicas, eligibleLeaderReplicas, uncleanLeaderElection }
  }

  /** Something that happens to every partition. */
  #everywhere(command: Unseen<ControllerCommand>): void {
    for (const { name, partitions } of [...this.#topics.values()])
      for (let partition = 0; partition < partitions; partition++) this.#step(name, partition, command)
  }

  #step(name: string, partition: number, command: Unseen<ControllerCommand>): ReplyOf<'alterPartition'> | undefined {
    const topic = this.#topics.get(name)
    const registration = topic?.layout[partition]
    if (topic === undefined || registration === undefined) return undefined
    const [next, effects] = this.#rules(registration, { ...command, view: this.#controllerView() })
    if (next !== registration) {
      this.#put({ ...topic, layout: topic.layout.with(partition, next) })
      this.#tell(`${name}-${partition}`, registration, next)
      this.#parts.watched.by?.registered({ topic: name, partition, topicId: topic.id }, registration, next)
    }
    for (const effect of effects) if (effect._tag === 'answerAlter') return effect.answer
    return undefined
  }

  #tell(name: string, was: PartitionRegistration, is: PartitionRegistration): void {
    const { world, process } = this.#parts
    if (was.leader !== is.leader)
      world.tell(
        process,
        () =>
          is.leader === undefined
            ? `${name} has no leader (epoch ${is.leaderEpoch})`
            : `elects broker-${is.leader} for ${name}${is.recovering ? ', uncleanly' : ''} (epoch ${is.leaderEpoch})`,
        'leadership',
      )
    if (was.isr.join() !== is.isr.join())
      world.tell(process, () => `in sync for ${name}: ${is.isr.join(', ')}`, 'leadership')
  }

  #put(topic: TopicView): void {
    this.#topics.set(topic.name, topic)
    this.#changed()
  }

  /** The next version: told to the brokers once everything that belongs to this step is done. */
  #changed(): void {
    this.#version++
    this.#view = undefined
    if (this.#isPublishing) return
    this.#isPublishing = true
    const { world, process, publish } = this.#parts
    world.after(process, 0, 'publishes the metadata', () => {
      this.#isPublishing = false
      publish(this.view)
    })
  }

  /** A topic that may be changed. */
  #owned(name: string): E.Either<EngineFailure, TopicView> {
    const topic = this.#topics.get(name)
    if (topic === undefined) return E.left(unknownTopic(name))
    return topic.internal ? E.left(internal(name)) : E.right(topic)
  }
}

type Unseen<C> = C extends unknown ? Omit<C, 'view'> : never

const internal = (name: string): EngineFailure =>
  engineFailure('invalid-topic', `topic '${name}' is the cluster's own: leave it to the cluster`)

const tooFewBrokers = ({ brokers }: ClusterOptions): EngineFailure =>
  engineFailure('not-enough-replicas', `none of ${brokers} brokers is up: wait until one is back`)
