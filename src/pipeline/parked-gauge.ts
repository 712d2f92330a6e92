import { keyText, type StateEntry } from '../contracts/state-store.ts'
import { isStateKey, stateOf } from '../protocol/retry/parked-entries.ts'
import { type ParkedKey, waitingOf } from '../protocol/retry/parking.ts'
import type { TaskStore } from './task-store.ts'

interface Waiting {
  readonly sinceMs: number
  readonly records: number
}

/** What waits in order of one task, at the moment: counted as it changes, so that asking costs nothing. */
export class ParkedGauge {
  /** Those that have waited longest first. At most as many as may be parked. */
  readonly #keys = new Map<string, Waiting>()
  #records = 0

  /** Records that wait. */
  get records(): number {
    return this.#records
  }

  /** Keys of which some do. */
  get keys(): number {
    return this.#keys.size
  }

  /** When the key was parked that has been so longest, in ms since the epoch; `undefined` where none is. */
  get sinceMs(): number | undefined {
    for (const { sinceMs } of this.#keys.values()) return sinceMs
    return undefined
  }

  /** `key` is now in this state, or in none; `sinceMs` where it does not say since when it is parked. */
  set(key: Uint8Array, state: ParkedKey | undefined, sinceMs: number): void {
    const name = keyText(key)
    const before = this.#keys.get(name)
    const records = state === undefined ? 0 : waitingOf(state)
    this.#records += records - (before?.records ?? 0)
    if (records === 0) this.#keys.delete(name)
    else this.#keys.set(name, { sinceMs: before?.sinceMs ?? state?.sinceMs ?? sinceMs, records })
  }

  /** What is there when a task begins: the states of its keys. */
  begin(states: readonly Pick<StateEntry, 'key' | 'value'>[], nowMs: number): void {
    const parked = states.map(({ key, value }) => ({ key, state: stateOf(value) }))
    parked.sort((a, b) => (a.state.sinceMs ?? nowMs) - (b.state.sinceMs ?? nowMs))
    for (const { key, state } of parked) this.set(key, state, nowMs)
  }
}

/** The states of keys that a store has. */
export const parkedStates = async ({ state }: TaskStore): Promise<readonly StateEntry[]> => {
  const found: StateEntry[] = []
  for await (const entries of state.entries()) found.push(...entries.filter(({ key }) => isStateKey(key)))
  return found
}
