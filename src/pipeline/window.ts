import type { DoneSoFar } from './done-prefix.ts'
import { Entry } from './entry.ts'
import type { Gather } from './gather.ts'
import type { RawRecord, Source } from './source.ts'

/** How many records of a task may have entered and not left: behind one that hangs, the others do not pile up. */
const recordsMax = 4_096
/** And of how many bytes, as they lie in the log. */
const bytesMax = 16 * 1024 * 1024

/** How many gathers are kept to be used again. */
const sparesMax = 64

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()

/** The records of a task that have entered, in order; they leave from the front once they are done. */
export class Window {
  #entries: Entry[] = []
  #head = 0
  #sequence = 0
  #bytes = 0

  get isEmpty(): boolean {
    return this.#head === this.#entries.length
  }

  get isFull(): boolean {
    return !this.isEmpty && (this.#entries.length - this.#head >= recordsMax || this.#bytes >= bytesMax)
  }

  get head(): Entry | undefined {
    return this.#entries[this.#head]
  }

  *[Symbol.iterator](): Iterator<Entry> {
    for (let at = this.#head; at < this.#entries.length; at++) yield this.#entries[at] as Entry
  }

  /** Its partition stands at `nextOffset` once it is done. */
  enter(source: Source, raw: RawRecord, nextOffset: number): Entry {
    return this.#push(new Entry(this.#sequence++, source, raw, nextOffset, true))
  }

  /** The end of a chunk: nothing to do, but the position moves on. */
  pass(source: Source, nextOffset: number): void {
    const raw = { offset: nextOffset, timestamp: -1, key: null, value: null, headers: noHeaders }
    this.#push(new Entry(this.#sequence++, source, raw, nextOffset, false)).state = 'done'
  }

  /** Moves what is done, and has nothing undone before it, to `done`; empty gathers go back to `spare`. */
  settle(done: DoneSoFar, spare: Gather[]): void {
    for (;;) {
      const entry = this.#entries[this.#head]
      if (entry === undefined || entry.state !== 'done') break
      done.add(entry.gather, entry.at, entry.nextOffset, entry.isRecord ? 1 : 0)
      if (entry.gather !== undefined && spare.length < sparesMax) spare.push(entry.gather)
      this.#bytes -= entry.sizeBytes
      this.#head += 1
    }
    if (this.#head === this.#entries.length) this.#restart([])
    else if (this.#head >= recordsMax) this.#restart(this.#entries.slice(this.#head))
  }

  #restart(entries: Entry[]): void {
    this.#entries = entries
    this.#head = 0
  }

  #push(entry: Entry): Entry {
    this.#bytes += entry.sizeBytes
    this.#entries.push(entry)
    return entry
  }
}
