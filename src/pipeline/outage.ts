import { keyText } from '../contracts/state-store.ts'
import { UnknownOrigin, UnreadableRecord } from './attempt-errors.ts'

/**
 * Tells an outage from poison: records of many different keys that fail one after the other, with no success between
 * them, are not to blame themselves. One that cannot be read, or of which nobody knows what it was, always is.
 */
export class Outage {
  readonly #after: number
  readonly #keys = new Set<string>()

  /** So many different keys in a row; `Infinity` for never. */
  constructor(after: number) {
    this.#after = after
  }

  /** Notes a failure; whether there is an outage now. */
  failed(key: Uint8Array | null, recordId: string, reason: unknown): boolean {
    if (reason instanceof UnreadableRecord || reason instanceof UnknownOrigin) return false
    if (this.#keys.size < this.#after) this.#keys.add(key === null ? recordId : `=${keyText(key)}`)
    return this.#keys.size >= this.#after
  }

  /** Whether there is one. */
  get isThere(): boolean {
    return this.#keys.size >= this.#after
  }

  succeeded(): void {
    if (this.#keys.size > 0) this.#keys.clear()
  }
}
