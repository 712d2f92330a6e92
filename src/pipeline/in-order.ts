import type { Entry } from './entry.ts'

/** Entries in the order in which they entered. There are never many. */
export class InOrder {
  readonly #entries: Entry[] = []

  get first(): Entry | undefined {
    return this.#entries[0]
  }

  insert(entry: Entry): void {
    let at = this.#entries.length
    while (at > 0 && (this.#entries[at - 1] as Entry).sequence > entry.sequence) at--
    this.#entries.splice(at, 0, entry)
  }

  shift(): Entry | undefined {
    return this.#entries.shift()
  }

  /** Takes out `entry`; `undefined` where it is not in it. */
  take(entry: Entry | undefined): Entry | undefined {
    const at = entry === undefined ? -1 : this.#entries.indexOf(entry)
    if (at < 0) return undefined
    this.#entries.splice(at, 1)
    return entry
  }

  find(wanted: (entry: Entry) => boolean): Entry | undefined {
    return this.#entries.find(wanted)
  }
}
