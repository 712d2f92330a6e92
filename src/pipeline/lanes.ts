import { keyText } from '../contracts/state-store.ts'
import type { Entry } from './entry.ts'

/** The lanes of each stage, where records of different keys run side by side. */
export class Lanes {
  /** One a stage; none where records run one by one. */
  readonly #stages: readonly StageLanes[]

  constructor(stages: number, concurrency: number) {
    this.#stages = concurrency === 1 ? [] : Array.from({ length: stages }, () => new StageLanes())
  }

  /**
   * Whether `entry` has its key's lane at its stage. One that comes late, since it had failed, goes before later ones of its
   * key: where one of these has the lane and has not begun, it is `displaced`, and has it again behind `entry`.
   */
  enter(entry: Entry, displaced?: (later: Entry) => void): boolean {
    const lanes = this.#stages[entry.stage]
    if (lanes === undefined) return true
    entry.lane = entry.stage
    return lanes.enter(entry, displaced)
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
  /** The one that has the lane, and those behind it. */
  readonly #lanes = new Map<string | null, Entry[]>()

  /** Takes its key's lane; false where another record has it, which will hand it on. */
  enter(entry: Entry, displaced?: (later: Entry) => void): boolean {
    const lane = laneOf(entry)
    const entries = this.#lanes.get(lane)
    const holder = entries?.[0]
    if (entries === undefined || holder === undefined) {
      this.#lanes.set(lane, [entry])
      return true
    }
    const from = holder.state === 'waiting' ? 0 : 1
    let at = entries.length
    while (at > from && (entries[at - 1] as Entry).sequence > entry.sequence) at--
    entries.splice(at, 0, entry)
    if (at > 0) return false
    displaced?.(holder)
    return true
  }

  /** Gives the lane up; answers the next of its key, which has it now. */
  leave(entry: Entry): Entry | undefined {
    const lane = laneOf(entry)
    const entries = this.#lanes.get(lane)
    entries?.shift()
    const next = entries?.[0]
    if (next === undefined) this.#lanes.delete(lane)
    return next
  }
}

const laneOf = ({ key }: Entry): string | null => (key === null ? null : keyText(key))
