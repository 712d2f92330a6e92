import type { SimulatedCluster } from '../cluster.ts'
import type { Process } from '../world/process.ts'
import type { Fault } from './fault.ts'
import type { Losses } from './losses.ts'
import type { WeatherMaker } from './weather-maker.ts'

/** The processes of an application, as an adversary sees them. */
export interface Clients {
  /** Those that are alive, paused ones too, in an order that does not change by itself. */
  readonly processes: readonly Process[]
  /** Starts one under `name`, unless one runs; `inPlaceOf` is whom it takes itself for. */
  readonly start: (name: string, inPlaceOf?: string) => void
  /** SIGKILL; somebody starts it again, unless `forGood`. */
  readonly kill: (name: string, forGood?: boolean) => void
  /** Stops one in good order, for good. */
  readonly stop: (name: string) => Promise<void>
}

/** What faults find. */
export interface Scene {
  readonly cluster: SimulatedCluster
  readonly clients: Clients
  readonly losses: Losses
  readonly weather: WeatherMaker
  /** Whether brokers may lose what the cluster cannot do without. */
  readonly beyondPromise: boolean
  /** How many faults have begun: for names that are new. */
  readonly count: number
}

/** A fault that has begun. */
export interface Begun {
  /** For people: what it is. */
  readonly what: string
  /** Whom it meets, by name. */
  readonly processes: readonly string[]
  /** Ends it; only called once. */
  readonly undo: () => void
}

/** Begins a fault. Without an answer there is nobody whom it can meet. */
export type Begin = (scene: Scene, fault: Fault) => Begun | undefined

/** The one that a target means among those that can be met. */
export const targetOf = <A>(among: readonly A[], { target }: Fault): A | undefined =>
  among[among.length === 0 ? 0 : target % among.length]

/** Brokers that are up and do not stand still, by id. */
export const upright = ({ cluster }: Scene): readonly number[] =>
  cluster.ids.filter((id) => cluster.processOf(id)?.isPaused === false)

/** Processes of the application that are up and do not stand still. */
export const working = ({ clients }: Pick<Scene, 'clients'>): readonly Process[] =>
  clients.processes.filter(({ isAlive, isPaused }) => isAlive && !isPaused)
