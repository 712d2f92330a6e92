import { keyText } from '../contracts/state-store.ts'
import type { Entry } from './entry.ts'

/** One key's records: one runs, the others wait behind it. No key is one key too. */
export class Lanes {
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
