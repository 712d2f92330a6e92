import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../contracts/clock.ts'
import type { Engine } from '../contracts/engine.ts'
import { partitionName } from '../contracts/position.ts'
import type { Counters } from './counters.ts'
import type { LiveTask } from './live-task.ts'

/** How far this instance has come, with the tasks it has now. */
export interface Progress {
  /** Committed since it began. */
  readonly records: number
  /**
   * Records of its tasks that are in the log and not committed, as the log stood when it was asked, for this very
   * emission: 0 means that all which was there is done.
   */
  readonly lag: number
  /** Committed records a second, lately. */
  readonly perSecond: number
  /** Milliseconds until there is no lag, at that rate; `undefined` where nothing moves. */
  readonly eta: number | undefined
  /** How many tasks it has. */
  readonly tasks: number
}

/** Over how long the rate is taken. */
const windowMs = 5_000

export interface MeterSetup {
  readonly engine: Engine
  readonly clock: Clock
  readonly counters: Counters
  readonly tasks: () => Iterable<LiveTask>
}

/** Measures {@link Progress}. */
export class ProgressMeter {
  readonly #o: MeterSetup
  readonly #samples: { readonly atMs: number; readonly records: number }[] = []

  constructor(setup: MeterSetup) {
    this.#o = setup
  }

  /** Notes where it stands, for the rate. */
  sample(): void {
    const atMs = this.#o.clock.elapsed()
    this.#samples.push({ atMs, records: this.#o.counters.records })
    while (this.#samples.length > 2 && atMs - (this.#samples[1]?.atMs ?? atMs) >= windowMs) this.#samples.shift()
  }

  /** `undefined` while a task is only starting, or the engine does not answer. */
  async measure(): Promise<Progress | undefined> {
    const tasks = [...this.#o.tasks()]
    if (tasks.some(({ state }) => state === 'starting')) return undefined
    const places = tasks.flatMap(({ places }) => places.filter(({ tier }) => tier === undefined))
    const queries = places.map(({ source: { topic, partition } }) => ({ topic, partition, at: 'latest' as const }))
    const ends = queries.length === 0 ? E.right([]) : await this.#o.engine.reader.offsets(queries, 'read_uncommitted')()
    if (E.isLeft(ends)) return undefined
    const endOf = new Map(ends.right.map((end) => [partitionName(end), end.offset]))
    let lag = 0
    for (const task of tasks)
      for (const { source, next, committed, tier } of task.places)
        if (tier === undefined)
          lag += Math.max(0, (endOf.get(partitionName(source)) ?? 0) - (task.isIdle ? next : committed))
    const perSecond = this.#perSecond()
    const eta = lag === 0 ? 0 : perSecond === 0 ? undefined : Math.ceil((lag / perSecond) * 1_000)
    return { records: this.#o.counters.records, lag, perSecond, eta, tasks: tasks.length }
  }

  #perSecond(): number {
    const [first] = this.#samples
    if (first === undefined) return 0
    const ms = this.#o.clock.elapsed() - first.atMs
    return ms <= 0 ? 0 : Math.round(((this.#o.counters.records - first.records) * 1_000) / ms)
  }
}
