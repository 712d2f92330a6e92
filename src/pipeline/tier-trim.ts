import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../contracts/clock.ts'
import type { Engine } from '../contracts/engine.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { LiveTask } from './live-task.ts'
import type { Place } from './place.ts'

/** How often it is done. */
const trimMs = 60_000

export interface TrimSetup {
  readonly engine: Engine
  readonly clock: Clock
  readonly calls: EngineCalls
  /** Not the tiers alone: what the run reads was written for it. */
  readonly ownsTopics: boolean
}

/**
 * Deletes what has left the topics of a run's own: they keep everything until it is committed, however long nobody runs,
 * and nothing of it after that.
 */
export class TierTrim {
  readonly #o: TrimSetup
  readonly #trimmed = new WeakMap<Place, number>()
  #lastMs: number

  constructor(setup: TrimSetup) {
    this.#o = setup
    this.#lastMs = setup.clock.elapsed()
  }

  /** Trims them where it is time. What the engine refuses is told, and tried again at the next time. */
  async look(tasks: Iterable<LiveTask>): Promise<void> {
    const { engine, clock, calls, ownsTopics } = this.#o
    if (clock.elapsed() - this.#lastMs < trimMs || engine.features['delete-records'] !== true) return
    this.#lastMs = clock.elapsed()
    const left = [...tasks]
      .flatMap(({ places }) => places)
      .filter((place) => ownsTopics || place.tier !== undefined)
      .filter((place) => place.committed > (this.#trimmed.get(place) ?? 0))
      .map((place) => ({ place, committed: place.committed }))
    if (left.length === 0) return
    const before = left.map(({ place: { source }, committed }) => ({
      topic: source.topic,
      partition: source.partition,
      offset: committed,
    }))
    const deleted = await engine.topics.deleteRecords(before)()
    if (E.isLeft(deleted)) calls.tell('deleting what it has done', deleted.left)
    else for (const { place, committed } of left) this.#trimmed.set(place, committed)
  }
}
