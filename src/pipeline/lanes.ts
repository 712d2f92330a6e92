import { keyText } from '../contracts/state-store.ts'
import type { Entry } from './entry.ts'

/** The lanes of each stage, where records of different keys run side by side. */
export class Lanes {
  /** One a stage; none where records run one by one. */
  readonly #stages: readonly StageLanes[]

  constructor(stages: number, concurrency: number) {
    this.#stages = concurrency === 1 ? [] : Array.from({ length: stages }, () => new StageLanes())
  }

  /** Whether `entry` has its key's lane at its stage; a record that runs again keeps the one that it has. */
  enter(entry: Entry): boolean {
    const lanes = this.#stages[entry.stage]
    if (lanes === undefined || entry.lane >= 0) return true
    entry.lane = entry.stage
    return lanes.enter(entry)
  }

  /** Gives up the lane of `stage`, where `entry` has it; answers the next of its key, which has it now. */
  leave(entry: Entry, stage: number): Entry | undefined {
    if (stage < 0 || entry.lane !== stage) return undefined
    entry.lane = -1
    return this.#stages[stage]?.leave(entry)
  }
}

/** One key's records: one runs, the others wait behind it. No key is one key too. */
class StageLanes {
  readonly #waiting = new Map<string | null, Entry[]>()

  /** Takes its key's lane; false where another record has it, which will hand it on. */
  enter(entry: Entry): boolean {
    const lane = laneOf(entry)
    const waiting = this.#waiting.get(lane)
    if (waiting === undefined) {
      this.#waiting.set(lane, [])
      return true
    }
    waiting.push(entry)
    return false
  }

  /** Gives the lane up; answers the next of its key, which has it now. */
  leave(entry: Entry): Entry | undefined {
    const lane = laneOf(entry)
    const next = this.#waiting.get(lane)?.shift()
    if (next === undefined) this.#waiting.delete(lane)
    return next
  }
}

const laneOf = ({ key }: Entry): string | null => (key === null ? null : keyText(key))
