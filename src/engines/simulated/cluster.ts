import { type Position, partitionName } from '../../contracts/position.ts'
import { Broker } from './broker/broker.ts'
import { BrokerDisk } from './broker/broker-disk.ts'
import type { Watched } from './broker/observer.ts'
import type { Aftermath } from './broker/replica-log.ts'
import { type ClusterOptions, defaultCluster } from './cluster-options.ts'
import { Controller } from './controller/controller.ts'
import type { PresentMember } from './present-member.ts'
import { brokerName, controllerName, Switchboard } from './switchboard.ts'
import { Network } from './world/network.ts'
import { Halted, type Process } from './world/process.ts'
import { World, type WorldOptions } from './world/world.ts'

export interface SimulatedClusterOptions extends Partial<ClusterOptions> {
  readonly world: WorldOptions
}

interface Life {
  readonly process: Process
  readonly broker: Broker
}

const publishTimeoutMs = 1_000

/** A cluster in a world of its own: a controller, brokers with disks, and the network between them and their clients. */
export class SimulatedCluster {
  readonly world: World
  readonly network: Network
  readonly switchboard: Switchboard
  readonly controller: Controller
  readonly options: ClusterOptions
  readonly watched: Watched = { by: undefined }
  /** Of groups, as far as they know themselves. Those whose processes have died are among them. */
  readonly members: Set<PresentMember> = new Set()
  readonly #controllerProcess: Process
  readonly #supervisor: Process
  readonly #disks: readonly BrokerDisk[]
  readonly #lives: (Life | undefined)[] = []
  readonly #skewMs = new Map<string, number>()

  constructor({ world, ...options }: SimulatedClusterOptions) {
    this.options = { ...defaultCluster, ...options }
    this.world = new World(world)
    this.network = new Network(this.world)
    this.switchboard = new Switchboard(this.network)
    this.#controllerProcess = this.world.spawn(controllerName, 'controller')
    this.#supervisor = this.client('supervisor')
    this.controller = new Controller({
      world: this.world,
      process: this.#controllerProcess,
      options: this.options,
      watched: this.watched,
      publish: (view) => {
        for (const life of this.#lives)
          if (life?.process.isAlive === true)
            this.switchboard.ask(this.#controllerProcess, life.process.name, {
              name: 'publish',
              request: view,
              timeoutMs: publishTimeoutMs,
              answered: () => {},
            })
      },
    })
    this.switchboard.plug(this.#controllerProcess, this.controller)
    this.#disks = Array.from({ length: this.options.brokers }, () => new BrokerDisk())
    for (const [id, disk] of this.#disks.entries())
      disk.fail = (why) => {
        const process = this.processOf(id)
        if (process !== undefined) this.world.tell(process, () => `cannot go on: ${why}`)
        this.crash(id, 'kept')
        throw new Halted(why)
      }
    for (let id = 0; id < this.options.brokers; id++) this.start(id)
  }

  /** A client that nothing happens to: whoever watches over the others, sends the input and reads what came of it. */
  get supervisor(): Process {
    return this.#supervisor
  }

  /** The brokers' ids. */
  get ids(): readonly number[] {
    return this.#disks.map((_, id) => id)
  }

  /** The present life of a broker; `undefined` while it is down. */
  broker(id: number): Broker | undefined {
    const life = this.#lives[id]
    return life?.process.isAlive === true ? life.broker : undefined
  }

  processOf(id: number): Process | undefined {
    const process = this.#lives[id]?.process
    return process?.isAlive === true ? process : undefined
  }

  disk(id: number): BrokerDisk {
    const disk = this.#disks[id]
    if (disk === undefined) throw new RangeError(`there is no broker ${id}: there are ${this.#disks.length}`)
    return disk
  }

  /** Starts a broker that is down, on its disk as it is. */
  start(id: number): void {
    if (this.processOf(id) !== undefined) return
    const disk = this.disk(id)
    const process = this.world.spawn(brokerName(id), 'broker')
    const broker = new Broker({
      id,
      world: this.world,
      process,
      clock: this.world.clockOf(process, () => this.skewOf(process.name)),
      switchboard: this.switchboard,
      disk,
      options: this.options,
      watched: this.watched,
    })
    this.#lives[id] = { process, broker }
    this.switchboard.plug(process, broker)
    this.world.tell(process, () => 'starts')
  }

  /** Ends a broker at once. What of its logs is found when it starts again, `aftermath` says. */
  crash(id: number, aftermath: Aftermath): void {
    const process = this.processOf(id)
    if (process === undefined) return
    this.world.tell(process, () => (aftermath === 'kept' ? 'is killed' : 'loses its power'))
    this.broker(id)?.coordination.leave()
    process.kill()
    this.disk(id).comeBack(aftermath)
  }

  /** Ends a broker in good order: it gives its leaderships away first. */
  shutDown(id: number): void {
    const life = this.#lives[id]
    if (life?.process.isAlive !== true) return
    this.world.tell(life.process, () => 'shuts down')
    life.broker.shutDown(() => life.process.kill())
  }

  /** By how much a process's wall clock is ahead; negative where it is behind. */
  skewOf(process: string): number {
    return this.#skewMs.get(process) ?? 0
  }

  setSkew(process: string, ms: number): void {
    this.#skewMs.set(process, ms)
  }

  /** A client's process: what a user's program runs in. */
  client(name: string): Process {
    return this.world.spawn(name, 'client')
  }

  /** When the record at a position was appended by its leader, by the world's own time: milliseconds since the epoch. */
  appendedMs({ topic, partition, offset }: Position): number {
    for (const id of this.ids)
      for (const hosted of this.broker(id)?.hosted ?? [])
        if (hosted.isLeading && hosted.topic === topic && hosted.partition === partition)
          return hosted.log.appendedMs(offset)
    throw new RangeError(`nobody leads ${partitionName({ topic, partition })}: it is not known when it was written`)
  }

  /** Whether every broker is up and every partition has a leader and all its replicas in sync. */
  get isWhole(): boolean {
    const { brokers, topics } = this.controller.view
    if (brokers.size < this.options.brokers || topics.size === 0) return false
    for (const { layout } of topics.values())
      for (const { leader, isr, replicas } of layout)
        if (leader === undefined || isr.length < replicas.length) return false
    return true
  }
}
