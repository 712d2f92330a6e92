import { given } from '../../codec/arguments.ts'
import type { StreamRecord } from '../../contracts/stream-record.ts'
import type { AnyTopic, Topic } from '../../contracts/topic.ts'
import { SimulatedCluster } from '../../engines/simulated/cluster.ts'
import type { ClusterOptions } from '../../engines/simulated/cluster-options.ts'
import { brokerName, controllerName } from '../../engines/simulated/switchboard.ts'
import type { Process } from '../../engines/simulated/world/process.ts'
import type { Millrace } from '../../millrace/millrace.ts'
import { openMillrace } from '../../millrace/open-millrace.ts'
import type { Outgoing } from '../../millrace/outgoing.ts'
import type { Sent } from '../../millrace/sent.ts'
import { noteArrival } from '../arrivals.ts'
import { type Duration, durationMs } from '../duration.ts'
import { currentLife } from '../virtual-globals/life.ts'
import type { OutsideWorld } from '../virtual-globals/outside-world.ts'
import { type App, Apps } from './apps.ts'
import { clusterSetting } from './cluster-setting.ts'
import { Drain, type Programs } from './drain.ts'
import { Driver } from './driver.ts'
import type { Setting } from './setting.ts'
import { wait } from './wait.ts'

/** A program that was started, by its name. */
export interface SimulatedApp {
  readonly name: string
}

/** What can befall a broker. */
export interface SimulatedBroker {
  readonly name: string
  /** Ends it at once; its disk keeps everything. */
  readonly crash: () => void
  /** Ends it at once; what it had not synced is gone. */
  readonly losePower: () => void
  /** Ends it in good order. */
  readonly shutDown: () => void
  /** Starts it again. */
  readonly start: () => void
  /** It stands still, and knows nothing of it. */
  readonly pause: () => void
  readonly resume: () => void
}

/** How long things may take where nothing is said, in virtual time. */
const patienceMs = 120_000
const drainMs = 600_000
const lookMs = 200

/** A simulated cluster, and what befalls it: see `simulate`. */
export class Scenario {
  readonly #cluster: SimulatedCluster
  readonly #setting: Setting
  readonly #driver: Driver
  readonly #drain: Drain
  readonly #apps = new Map<string, Apps>()
  readonly #cuts: (() => void)[] = []
  readonly #paused = new Set<Process>()
  #refused: OutsideWorld | undefined
  /** A connection that nothing befalls. What it answers has to be waited for with {@link Scenario.wait}. */
  readonly millrace: Millrace

  constructor(parts: {
    readonly seed: number
    readonly cluster: Partial<ClusterOptions>
    readonly settle: () => Promise<void>
  }) {
    const { seed, settle } = parts
    this.#cluster = new SimulatedCluster({ ...parts.cluster, world: { seed, settle } })
    const { world, supervisor } = this.#cluster
    this.#driver = new Driver(world, settle)
    this.#setting = clusterSetting(this.#cluster)
    const { engine } = this.#setting
    this.#drain = new Drain({ setting: this.#setting, programs: () => this.#programs })
    const [clock, random] = [world.clockOf(supervisor), world.random(supervisor.name)]
    this.millrace = openMillrace({ url: engine.name, engine, clock, random, clientId: 'scenario', send: {} })
    world.watch(() => {
      if (this.#refused !== undefined) throw this.#refused
    })
  }

  /** The world's time: milliseconds since the epoch. */
  get now(): number {
    return this.#cluster.world.wallMs
  }

  /** Lets the cluster come up. */
  async begin(): Promise<void> {
    await this.#until(() => this.#cluster.isWhole, 'the cluster does not come up', patienceMs)
  }

  /** Ends every program at once. */
  end(): void {
    for (const apps of this.#apps.values()) {
      apps.end()
      for (const process of apps.processes) process.kill()
    }
  }

  /** Creates topics. */
  create(...topics: readonly AnyTopic[]): Promise<void> {
    return this.#drive(this.millrace.create(...topics), 'the topics were not created')
  }

  /** Sends records; resolves once all are durable. */
  send<K, V>(topic: Topic<K, V>, records: readonly Outgoing<NoInfer<K>, NoInfer<V>>[]): Promise<Sent> {
    return this.#drive(this.millrace.send(topic, records), `what was sent to '${topic.name}' was not written`)
  }

  /** What is in a topic, as a committed reader sees it: each partition's in order. */
  records<K, V>(topic: Topic<K, V>): Promise<readonly StreamRecord<K, V>[]> {
    const read = async () => {
      const records: StreamRecord<K, V>[] = []
      for await (const record of this.millrace.read(topic, { until: 'latest' })) {
        noteArrival(record, this.#setting.appendedMs)
        records.push(record)
      }
      return records
    }
    return this.#drive(read(), `'${topic.name}' could not be read`)
  }

  /** Starts a program in a process of its own. When it ends by itself or crashes, it is started anew half a second later. */
  start(name: string, app: App): SimulatedApp {
    if (typeof app !== 'function') throw new TypeError(`sim.start('${name}', …) takes a program, and not ${given(app)}`)
    if (this.#names.includes(name)) throw new TypeError(`sim.start('${name}', …): there is a process of that name`)
    const refused = (why: OutsideWorld) => {
      this.#refused ??= why
    }
    const apps = new Apps({ setting: this.#setting, app, instances: 0, refused })
    this.#apps.set(name, apps)
    apps.start(name)
    return { name }
  }

  /** Kills a program's process; it is started anew half a second later, unless `forGood`. */
  async crash(app: SimulatedApp | string, { forGood = false }: { readonly forGood?: boolean } = {}): Promise<void> {
    this.#appOf(app).kill(nameOf(app), forGood)
  }

  /** Ends a program in good order, for good. */
  stop(app: SimulatedApp | string): Promise<void> {
    return this.#drive(this.#appOf(app).stop(nameOf(app)), `'${nameOf(app)}' did not stop`)
  }

  /** A program's process stands still, until {@link Scenario.resume}. */
  async pause(app: SimulatedApp | string): Promise<void> {
    for (const process of this.#appOf(app).processes) this.#pause(process)
  }

  async resume(app: SimulatedApp | string): Promise<void> {
    for (const process of this.#appOf(app).processes) this.#resume(process)
  }

  /** The broker with this number, from 0 on. */
  broker(id: number): SimulatedBroker {
    const cluster = this.#cluster
    if (!cluster.ids.includes(id))
      throw new RangeError(`there is no broker ${given(id)}: there are ${cluster.ids.join(', ')}`)
    const also = (befall: (process: Process) => void) => () => {
      const process = cluster.processOf(id)
      if (process === undefined) throw new TypeError(`broker ${id} is down: start it first`)
      befall(process)
    }
    return {
      name: brokerName(id),
      crash: () => cluster.crash(id, 'kept'),
      losePower: () => cluster.crash(id, 'unsynced lost'),
      shutDown: () => cluster.shutDown(id),
      start: () => cluster.start(id),
      pause: also((process) => this.#pause(process)),
      resume: also((process) => this.#resume(process)),
    }
  }

  /** Cuts the network between two groups of processes: `app`, `broker-0`, `controller`. The answer mends it. */
  partition(some: readonly (SimulatedApp | string)[], others: readonly (SimulatedApp | string)[]): () => void {
    const known = this.#names
    for (const name of [...some, ...others].map(nameOf))
      if (!known.includes(name)) throw new TypeError(`there is no process '${name}': there are ${known.join(', ')}`)
    const { network } = this.#cluster
    const cuts = some.flatMap((one) =>
      others.flatMap((other) => [network.cut(nameOf(one), nameOf(other)), network.cut(nameOf(other), nameOf(one))]),
    )
    const mend = () => {
      for (const cut of cuts) cut()
    }
    this.#cuts.push(mend)
    return mend
  }

  /** Everything is well again: the network whole, all brokers up, nobody stands still; resolves once replicas agree. */
  async heal(): Promise<void> {
    for (const mend of this.#cuts.splice(0)) mend()
    for (const process of this.#paused) this.#resume(process)
    for (const id of this.#cluster.ids) this.#cluster.start(id)
    await this.#until(() => this.#cluster.isWhole, 'the cluster did not get well', patienceMs)
  }

  /** Lets time go by. */
  elapse(duration: Duration): Promise<void> {
    const ms = durationMs('sim.elapse(…)', duration)
    return this.#drive(this.#wait(ms), 'time did not go by', ms + 1)
  }

  /** Lets the world go on until `work` is done: whatever was called of {@link Scenario.millrace} or of a running pipeline. */
  wait<A>(work: PromiseLike<A>, within: Duration = patienceMs): Promise<A> {
    return this.#drive(work, 'what was waited for did not come', durationMs('sim.wait(…, within)', within))
  }

  /** Lets the world go on until `holds` does; `what` says it in words. */
  until(what: string, holds: () => boolean | Promise<boolean>, within: Duration = patienceMs): Promise<void> {
    const isSo = async () => {
      while (!(await holds())) await this.#wait(lookMs)
    }
    return this.#drive(isSo(), `this did not come to be: ${what}`, durationMs('sim.until(…, within)', within))
  }

  /**
   * Resolves once every pipeline has come to the end of all that there is, and nothing more follows from that. Where no
   * pipeline is run, once nothing was written or committed for more than a minute, and no group waits for anybody.
   */
  drained(within?: Duration): Promise<void> {
    const forMs = within === undefined ? drainMs + this.#drain.awaitedMs : durationMs('sim.drained(within)', within)
    const otherwise = () => `not everything was worked off (${this.#drain.state})`
    return this.#driver.drive(this.#drain.drained(), { forMs, otherwise })
  }

  get #programs(): Programs {
    const all = [...this.#apps.values()]
    return {
      runs: all.flatMap(({ runs }) => runs),
      isStarting: all.some(({ isStarting }) => isStarting),
      isComing: all.some(({ isComing }) => isComing),
      hasRun: all.some(({ hasRun, hasGone }) => hasRun && !hasGone),
      ends: all.flatMap(({ ends }) => ends),
    }
  }

  get #names(): readonly string[] {
    return [...this.#cluster.ids.map(brokerName), controllerName, ...this.#apps.keys()]
  }

  #appOf(app: SimulatedApp | string): Apps {
    const apps = this.#apps.get(nameOf(app))
    if (apps === undefined)
      throw new TypeError(`no program '${nameOf(app)}' was started: there are ${[...this.#apps.keys()].join(', ')}`)
    return apps
  }

  #pause(process: Process): void {
    this.#cluster.world.pause(process)
    this.#paused.add(process)
  }

  #resume(process: Process): void {
    this.#paused.delete(process)
    this.#cluster.world.resume(process)
  }

  #wait(ms: number): Promise<void> {
    const { world, supervisor } = this.#cluster
    return wait(world, supervisor, ms)
  }

  #until(holds: () => boolean, otherwise: string, forMs: number): Promise<void> {
    const isSo = async () => {
      while (!holds()) await this.#wait(lookMs)
    }
    return this.#drive(isSo(), otherwise, forMs)
  }

  #drive<A>(work: PromiseLike<A>, otherwise: string, forMs: number = patienceMs): Promise<A> {
    if (currentLife() !== undefined)
      throw new TypeError(
        'a program of the simulation cannot wait for the scenario: do that beside it, in the scenario',
      )
    return this.#driver.drive(work, { forMs, otherwise: () => otherwise })
  }
}

const nameOf = (app: SimulatedApp | string): string => (typeof app === 'string' ? app : app.name)
