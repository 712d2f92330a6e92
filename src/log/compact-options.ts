/** How much is read before others get their turn. */
const breathBytes = 256 * 1024

export interface CompactOptions {
  /** Lets others have their turn. */
  readonly breathe: () => Promise<void>
  readonly keysMax?: number
}

/** Counts what is read since others had their turn. */
export class Breath {
  #bytes = 0

  /** Whether others are due, now that so many more bytes were read. */
  isDue(bytes: number): boolean {
    this.#bytes += bytes
    if (this.#bytes <= breathBytes) return false
    this.#bytes = 0
    return true
  }
}
