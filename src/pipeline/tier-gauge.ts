import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../contracts/clock.ts'
import type { Engine } from '../contracts/engine.ts'
import { partitionName } from '../contracts/position.ts'
import type { LiveTask } from './live-task.ts'
import type { WaitingNow } from './waiting-now.ts'

export interface TierGaugeSetup {
  readonly engine: Engine
  readonly clock: Clock
  readonly tasks: () => Iterable<LiveTask>
}

/** Says what waits. Where the topics end is what was last heard of that. */
export class TierGauge {
  readonly #o: TierGaugeSetup
  #ends: ReadonlyMap<string, number> = new Map()
  #isAsking = false

  constructor(setup: TierGaugeSetup) {
    this.#o = setup
  }

  get now(): WaitingNow {
    const nowMs = this.#o.clock.now()
    let waiting = 0
    let parkedNow = 0
    let parkedKeys = 0
    let dueMs = nowMs
    let sinceMs = nowMs
    for (const { places, parked, sluices } of this.#o.tasks()) {
      for (const { tier, source, committed } of places)
        if (tier !== undefined) waiting += Math.max(0, (this.#ends.get(partitionName(source)) ?? 0) - committed)
      parkedNow += parked.records
      parkedKeys += parked.keys
      dueMs = Math.min(dueMs, sluices?.nextDueMs ?? nowMs)
      sinceMs = Math.min(sinceMs, parked.sinceMs ?? nowMs)
    }
    return { waiting, overdueMs: nowMs - dueMs, parkedNow, parkedKeys, oldestParkedMs: nowMs - sinceMs }
  }

  /** Asks where the topics end; where the engine does not answer, nothing is known that was not. */
  async look(): Promise<void> {
    if (this.#isAsking) return
    const queries = [...this.#o.tasks()].flatMap(({ places }) =>
      places.flatMap(({ tier, source: { topic, partition } }) =>
        tier === undefined ? [] : [{ topic, partition, at: 'latest' as const }],
      ),
    )
    if (queries.length === 0) return
    this.#isAsking = true
    const ends = await this.#o.engine.reader.offsets(queries, 'read_committed')()
    this.#isAsking = false
    if (E.isRight(ends)) this.#ends = new Map(ends.right.map((end) => [partitionName(end), end.offset]))
  }
}
