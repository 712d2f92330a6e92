import type { SimulatedCluster } from '../cluster.ts'
import { fairWeather, type Weather } from '../world/network.ts'

/** What of a world is bad for a time, each as a chance. */
export interface BadWeather extends Weather {
  /** Of a timer, to ring late. */
  readonly lateness: number
}

const kinds = ['delay', 'loss', 'duplication', 'reordering', 'lateness'] as const

/** The weather, made of all that is the matter at a time: of each kind the worst. */
export class WeatherMaker {
  readonly #cluster: SimulatedCluster
  readonly #fronts = new Set<Partial<BadWeather>>()

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster
  }

  /** Bad weather comes up. The answer ends it. */
  add(front: Partial<BadWeather>): () => void {
    this.#fronts.add(front)
    this.#make()
    return () => {
      this.#fronts.delete(front)
      this.#make()
    }
  }

  #make(): void {
    const worst = { ...fairWeather, lateness: 0 }
    for (const front of this.#fronts) for (const kind of kinds) worst[kind] = Math.max(worst[kind], front[kind] ?? 0)
    const { lateness, ...weather } = worst
    this.#cluster.network.weather = weather
    this.#cluster.world.timerLateness = lateness
  }
}
