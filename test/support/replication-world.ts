import * as E from 'fp-ts/lib/Either.js'
import type { AlterAnswer, AlterPartition } from '../../src/protocol/broker/alter-partition.ts'
import {
  type ControllerCommand,
  type ControllerEffect,
  stepController,
} from '../../src/protocol/broker/partition-controller.ts'
import {
  type ControllerView,
  createPartition,
  effectiveMinIsr,
  type PartitionRegistration,
} from '../../src/protocol/broker/partition-registration.ts'
import { stepReplica } from '../../src/protocol/broker/replica.ts'
import type {
  Acks,
  FetchAnswer,
  FollowerFetch,
  ReplicaCommand,
  ReplicaEffect,
} from '../../src/protocol/broker/replica-messages.ts'
import { admitAppend } from '../../src/protocol/broker/replica-produce.ts'
import { loadReplica, type Replica } from '../../src/protocol/broker/replica-state.ts'

/** The machines that a world runs on: the real ones, or some with a fault in them. */
export interface ReplicationRules {
  readonly stepReplica: typeof stepReplica
  readonly stepController: typeof stepController
}
export const realReplication: ReplicationRules = { stepReplica, stepController }

export interface ReplicationSettings {
  readonly brokers: number
  readonly minInsyncReplicas: number
  readonly eligibleLeaderReplicas: boolean
  readonly uncleanLeaderElection: boolean
}

export interface Entry {
  readonly epoch: number
  readonly value: number
}

export interface TestBroker {
  readonly id: number
  /** Of its present, or last, life. */
  epoch: number
  running: boolean
  /** How its last life ended. */
  clean: boolean
  replica: Replica
  /** The log; `entries[0]` lies at the replica's log start. */
  entries: Entry[]
  /** Its last AlterPartition. */
  asked: AlterPartition | undefined
  /** How much of the metadata it has learnt. */
  told: number
  /** It has lost records, and not been seen complete in the ISR since. */
  damaged: boolean
}

type Message =
  | { readonly to: 'controller'; readonly asked: AlterPartition }
  | { readonly to: number; readonly fetch: FollowerFetch }
  | {
      readonly to: number
      readonly answers: FollowerFetch
      readonly fetched: FetchAnswer
      readonly entries: readonly Entry[]
    }
  | { readonly to: number; readonly asked: AlterPartition; readonly altered: AlterAnswer }

type WithoutView<Command> = Command extends unknown ? Omit<Command, 'view'> : never

interface Metadata {
  readonly registration: PartitionRegistration
  readonly active: ReadonlyMap<number, number>
}

/** A record that a client was told to be on all in-sync replicas. */
export interface Acknowledged extends Entry {
  readonly offset: number
}

interface CalmOptions {
  readonly apart?: ReadonlySet<number>
  readonly stuck?: boolean
}
const none: ReadonlySet<number> = new Set()

/** A cluster that keeps one partition, with a network that does as it is told. */
export class ReplicationWorld {
  readonly settings: ReplicationSettings
  readonly brokers: TestBroker[]
  readonly network: Message[] = []
  readonly metadata: Metadata[] = []
  readonly acknowledged: Acknowledged[] = []
  registration: PartitionRegistration
  /** Too many lost records, or a leader was elected that may have: from then on no record is promised to survive. */
  unclean = false
  now = 1_000
  /** Called whenever a high watermark moves. */
  onHighWatermark: (broker: TestBroker) => void = () => {}
  /** Which of the rare things happened. */
  readonly reached: Set<string> = new Set()
  readonly #rules: ReplicationRules
  readonly #active = new Map<number, number>()
  readonly #registered = new Map<number, number>()
  readonly #asked = new Map<number, Acknowledged>()
  #nextBrokerEpoch = 0
  #nextValue = 0

  constructor(settings: ReplicationSettings, rules: ReplicationRules = realReplication) {
    this.settings = settings
    this.#rules = rules
    const ids = Array.from({ length: settings.brokers }, (_, id) => id)
    for (const id of ids) this.#active.set(id, this.#nextBrokerEpoch++)
    for (const [id, epoch] of this.#active) this.#registered.set(id, epoch)
    this.registration = createPartition(ids, { active: this.#active })
    this.brokers = ids.map((id) => ({
      id,
      epoch: id,
      running: true,
      clean: true,
      replica: this.#load(id, id, { start: 0, entries: [], highWatermark: 0 }),
      entries: [],
      asked: undefined,
      told: 0,
      damaged: false,
    }))
    this.#publish()
  }

  broker(id: number): TestBroker {
    const found = this.brokers[id]
    if (found === undefined) throw new Error(`there is no broker ${id}`)
    return found
  }

  /** Whether the controller knows the broker's present life. */
  isRegistered({ id, epoch, running }: TestBroker): boolean {
    return running && this.#registered.get(id) === epoch
  }

  // what clients and time do

  produce(broker: TestBroker, acks: Acks): void {
    const admitted = admitAppend(broker.replica, acks)
    if (!broker.running || E.isLeft(admitted)) return
    const { leaderEpoch } = admitted.right
    const offset = broker.replica.log.end
    const value = this.#nextValue++
    broker.entries.push({ epoch: leaderEpoch, value })
    const endOffset = offset + 1
    if (acks === -1) this.#asked.set(value, { offset, epoch: leaderEpoch, value })
    const produce = { request: value, acks, endOffset, deadline: this.now + 40_000 }
    this.step(broker, { _tag: 'appended', leaderEpoch, endOffset, produce, now: this.now })
  }

  pass(ms: number): void {
    this.now += ms
    for (const broker of this.brokers) this.step(broker, { _tag: 'tick', now: this.now })
  }

  deleteRecords(broker: TestBroker, count: number): void {
    const { role, log } = broker.replica
    const startOffset = Math.min(log.start + count, log.highWatermark)
    if (!broker.running || role._tag !== 'leading' || startOffset === log.start) return
    broker.entries.splice(0, startOffset - log.start)
    this.step(broker, { _tag: 'startRaised', startOffset, now: this.now })
  }

  // what brokers do

  step(broker: TestBroker, command: ReplicaCommand, entries: readonly Entry[] = []): void {
    if (!broker.running) return
    const [replica, effects] = this.#rules.stepReplica(broker.replica, command)
    broker.replica = replica
    for (const effect of effects) this.#obey(broker, effect, entries)
  }

  fetchNext(broker: TestBroker): void {
    this.step(broker, { _tag: 'fetchNext', now: this.now })
  }

  /** No answer to an AlterPartition came in time. */
  retryAlter(broker: TestBroker): void {
    if (broker.asked !== undefined) this.step(broker, { _tag: 'alterLost', asked: broker.asked, now: this.now })
  }

  /** The next piece of metadata reaches the broker, or all there is at once. */
  learn(broker: TestBroker, all = false): void {
    if (!this.isRegistered(broker)) return
    broker.told = all ? this.metadata.length - 1 : Math.min(broker.told + 1, this.metadata.length - 1)
    const news = this.metadata[broker.told]
    if (news === undefined) return
    this.step(broker, { _tag: 'brokersChanged', active: news.active, now: this.now })
    this.step(broker, { _tag: 'registered', registration: news.registration, now: this.now })
  }

  /** The process dies, and `loss` records that were not synced with it. */
  crash(broker: TestBroker, loss: number): void {
    if (!broker.running) return
    broker.running = false
    broker.clean = false
    const lost = Math.min(loss, broker.entries.length)
    broker.entries.splice(broker.entries.length - lost, lost)
    if (lost > 0) broker.damaged = true
    if (this.brokers.filter(({ damaged }) => damaged).length > this.damageMax) this.unclean = true
  }

  shutDown(broker: TestBroker): void {
    if (!broker.running) return
    this.#active.delete(broker.id)
    this.control({ _tag: 'brokerShuttingDown', brokerId: broker.id })
    this.#publish()
    this.step(broker, { _tag: 'stopped', now: this.now })
    broker.running = false
    broker.clean = true
  }

  /** Starts again, from a high watermark that was checkpointed `behind` records ago, and registers. */
  start(broker: TestBroker, behind: number): void {
    if (broker.running) return
    const { start, highWatermark } = broker.replica.log
    const brokerId = broker.id
    broker.epoch = this.#nextBrokerEpoch++
    broker.running = true
    const found = { start, entries: broker.entries, highWatermark: highWatermark - behind }
    broker.replica = this.#load(brokerId, broker.epoch, found)
    this.#registered.set(brokerId, broker.epoch)
    this.#active.delete(brokerId)
    this.control({ _tag: 'brokerRegistered', brokerId, clean: broker.clean })
    this.#publish()
    this.learn(broker, true)
  }

  // what the controller does

  control(command: WithoutView<ControllerCommand>): void {
    const [registration, effects] = this.#rules.stepController(this.registration, { ...command, view: this.#view() })
    if (registration.recovering && !this.registration.recovering) {
      this.unclean = true
      const about = 'brokerId' in command ? command.brokerId : undefined
      const complete = [...this.registration.isr, ...this.registration.elr].filter((id) => id !== about)
      if (complete.length > 0 && !this.settings.uncleanLeaderElection) {
        throw new Error(`broken: an unclean election, although [${complete}] have everything`)
      }
    }
    if (registration.recovering) this.reached.add('unclean election')
    const [first] = registration.isr
    if (first !== undefined && this.registration.elr.includes(first)) this.reached.add('a leader out of the ELR')
    this.registration = registration
    for (const effect of effects) this.#obeyController(effect)
  }

  fence({ id }: TestBroker): void {
    if (!this.#active.delete(id)) return
    this.control({ _tag: 'brokerFenced', brokerId: id })
    this.#publish()
  }

  unfence(broker: TestBroker): void {
    if (this.#active.has(broker.id) || !this.isRegistered(broker)) return
    this.#active.set(broker.id, broker.epoch)
    this.control({ _tag: 'brokerUnfenced', brokerId: broker.id })
    this.#publish()
  }

  // what the network does

  deliver(at: number, { keep }: { readonly keep: boolean } = { keep: false }): void {
    const message = this.network[at]
    if (message === undefined) return
    // A connection does not repeat by itself: whoever wants an AlterPartition twice sends it twice.
    if (!keep || message.to === 'controller' || 'altered' in message) this.network.splice(at, 1)
    if (message.to === 'controller') return this.control({ _tag: 'alterPartition', asked: message.asked })
    const broker = this.broker(message.to)
    if ('fetch' in message) return this.step(broker, { _tag: 'fetch', fetch: message.fetch, now: this.now })
    if ('altered' in message) {
      const { asked, altered: answer } = message
      return this.step(broker, { _tag: 'alterAnswered', asked, answer, now: this.now })
    }
    const { answers: fetch, fetched, entries } = message
    if (fetched._tag !== 'served') return this.step(broker, { _tag: 'fetched', fetch, answer: fetched, now: this.now })
    const epochs = entries.map(({ epoch }, at) => ({ epoch, startOffset: fetched.offset + at }))
    const answer = { ...fetched, endOffset: fetched.offset + entries.length, epochs }
    return this.step(broker, { _tag: 'fetched', fetch, answer, now: this.now }, entries)
  }

  /**
   * A while in which everything works, for those who run and are not `apart`: metadata, fetches and answers arrive.
   * What lies on the network at its beginning arrives too, unless it is `stuck` there.
   */
  calm(rounds: number, { apart = none, stuck = false }: CalmOptions = {}): void {
    let held = stuck ? this.network.length : 0
    for (let round = 0; round < rounds; round++) {
      for (const broker of this.brokers) {
        if (apart.has(broker.id)) continue
        this.learn(broker, true)
        this.fetchNext(broker)
      }
      for (let n = this.network.length * 4; n > 0 && this.network.length > held; n--) {
        const to = this.network[held]?.to
        if (typeof to === 'number' && apart.has(to)) held++
        else this.deliver(held)
      }
    }
  }

  #view(): ControllerView {
    const { minInsyncReplicas, eligibleLeaderReplicas, uncleanLeaderElection } = this.settings
    return { active: new Map(this.#active), minInsyncReplicas, eligibleLeaderReplicas, uncleanLeaderElection }
  }

  #publish(): void {
    this.metadata.push({ registration: this.registration, active: new Map(this.#active) })
  }

  #obeyController(effect: ControllerEffect): void {
    if (effect._tag === 'publish') return this.#publish()
    const { asked, answer } = effect
    this.network.push({ to: asked.brokerId, asked, altered: answer })
  }

  #obey(broker: TestBroker, effect: ReplicaEffect, entries: readonly Entry[]): void {
    const { log } = broker.replica
    switch (effect._tag) {
      case 'answerProduce': {
        const asked = this.#asked.get(effect.request)
        if (effect.failure !== undefined) this.reached.add(effect.failure.code)
        else if (asked !== undefined) this.acknowledged.push(asked)
        return
      }
      case 'highWatermark':
        return this.onHighWatermark(broker)
      case 'alterPartition':
        broker.asked = effect.asked
        this.network.push({ to: 'controller', asked: effect.asked })
        return
      case 'answerFetch': {
        const { fetch, answer } = effect
        const from = answer._tag === 'served' ? answer.offset - log.start : 0
        const sent = answer._tag === 'served' ? broker.entries.slice(from, from + 2) : []
        this.reached.add(answer._tag === 'refused' ? answer.reason : answer._tag)
        this.network.push({ to: fetch.brokerId, answers: fetch, fetched: answer, entries: sent })
        return
      }
      case 'sendFetch':
        this.network.push({ to: effect.to, fetch: effect.fetch })
        return
      case 'append':
        broker.entries.push(...entries)
        return
      case 'truncate':
        this.reached.add('truncate')
        broker.entries.length = effect.endOffset - log.start
        return
      case 'restartLog':
        this.reached.add('restartLog')
        broker.entries = []
        return
      case 'raiseStart':
        broker.entries.splice(0, broker.entries.length - (log.end - log.start))
    }
  }

  #load(
    brokerId: number,
    brokerEpoch: number,
    found: { readonly start: number; readonly entries: readonly Entry[]; readonly highWatermark: number },
  ): Replica {
    const { start, entries, highWatermark } = found
    const begins = entries.flatMap(({ epoch }, at) =>
      entries[at - 1]?.epoch === epoch ? [] : [{ epoch, startOffset: start + at }],
    )
    const { minInsyncReplicas } = this.settings
    return loadReplica({
      name: 'orders-0',
      brokerId,
      brokerEpoch,
      settings: { minInsyncReplicas, replicaLagTimeMaxMs: 30_000 },
      log: { start, end: start + entries.length, epochs: begins, highWatermark },
    })
  }

  /** How many may have lost records at a time without a committed one being lost. */
  get damageMax(): number {
    const { minInsyncReplicas, eligibleLeaderReplicas } = this.settings
    return eligibleLeaderReplicas ? effectiveMinIsr(minInsyncReplicas, this.registration.replicas) - 1 : 0
  }
}
