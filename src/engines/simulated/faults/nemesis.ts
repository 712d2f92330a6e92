import type { SimulatedCluster } from '../cluster.ts'
import { brokerCrash, brokerPause, brokerRestart, coordinatorFailover, diskLoss, powerLoss } from './broker-faults.ts'
import { processCrash, rebalance, slowConsumer, zombie } from './client-faults.ts'
import { clockStep, lateTimers } from './clock-faults.ts'
import { diskCorruption, diskFull } from './disk-faults.ts'
import type { Fault, FaultName } from './fault.ts'
import { Losses } from './losses.ts'
import { nearWrap } from './near-wrap.ts'
import {
  delay,
  duplicateRequest,
  isolation,
  lateEndTransaction,
  loss,
  oneWayPartition,
  partition,
  reordering,
} from './network-faults.ts'
import type { Begin, Clients } from './scene.ts'
import { WeatherMaker } from './weather-maker.ts'

export interface NemesisParts {
  readonly cluster: SimulatedCluster
  readonly clients: Clients
  /** Their times count from now. */
  readonly faults: readonly Fault[]
  /** Whether brokers may lose data that the cluster cannot do without: nothing is promised then. Default: false. */
  readonly beyondPromise?: boolean
}

/** How each fault begins, and how it ends. */
const begins: Readonly<Record<FaultName, Begin>> = {
  'broker-crash': brokerCrash,
  'power-loss': powerLoss,
  'broker-restart': brokerRestart,
  'broker-pause': brokerPause,
  'disk-loss': diskLoss,
  'disk-full': diskFull,
  'disk-corruption': diskCorruption,
  partition,
  'one-way-partition': oneWayPartition,
  isolation,
  delay,
  loss,
  'duplicate-request': duplicateRequest,
  reordering,
  'coordinator-failover': coordinatorFailover,
  'late-end-transaction': lateEndTransaction,
  'process-crash': processCrash,
  zombie,
  rebalance,
  'slow-consumer': slowConsumer,
  'clock-step': clockStep,
  'late-timers': lateTimers,
  'near-wrap': nearWrap,
}

/** All that there are. */
export const faultNames: readonly FaultName[] = Object.keys(begins) as readonly FaultName[]

/**
 * Brings faults over a cluster and the clients of it, each at its time.
 *
 * **Guarantees** what a fault does follows from the fault and from the world's choices; each is over after its time, and
 * all are after {@link heal}. Unless it may go beyond what the cluster promises, of every partition somebody always
 * has all that was committed: a fault that would take it meets somebody else, or nobody.
 */
export class Nemesis {
  readonly #parts: NemesisParts
  readonly #losses: Losses
  readonly #weather: WeatherMaker
  readonly #lasting = new Set<() => void>()
  #isHealed = false
  #count = 0

  constructor(parts: NemesisParts) {
    this.#parts = parts
    const { cluster, faults } = parts
    this.#losses = new Losses(cluster)
    this.#weather = new WeatherMaker(cluster)
    for (const fault of faults) cluster.world.after(cluster.supervisor, fault.atMs, 'fault', () => this.#begin(fault))
  }

  /** How many faults have met somebody. */
  get count(): number {
    return this.#count
  }

  /** Ends all that lasts, and lets nothing more begin: the network is whole, brokers come back, whoever stood still goes on. */
  heal(): void {
    this.#isHealed = true
    for (const end of [...this.#lasting]) end()
    const { cluster } = this.#parts
    for (const id of cluster.ids) cluster.start(id)
    for (const { name } of this.#parts.clients.processes) cluster.setSkew(name, 0)
  }

  #begin(fault: Fault): void {
    if (this.#isHealed) return
    const { cluster, clients, beyondPromise = false } = this.#parts
    const { world, supervisor } = cluster
    const scene = { cluster, clients, beyondPromise, losses: this.#losses, weather: this.#weather, count: this.#count }
    const begun = begins[fault.name](scene, fault)
    if (begun === undefined) return
    this.#count++
    const { what, processes, undo } = begun
    const until = world.now + fault.forMs
    world.keep({ _tag: 'fault', at: world.now, what, processes, until })
    const end = () => {
      if (this.#lasting.delete(end)) undo()
    }
    this.#lasting.add(end)
    world.after(supervisor, fault.forMs, 'fault ends', end)
  }
}
