import type { LogDirectory } from './log-directory.ts'
import { LogFile } from './log-file.ts'

/** From so many bytes on that wait in memory, {@link EntryFile.relieve} writes them. */
const tailBytesMax = 64 * 1024

/**
 * Entries of one size, one after the other: what all of Kafka's indexes are. New ones stay in memory until
 * {@link relieve} or {@link flush}; a crash loses them, and recovery makes them anew from the log.
 */
export class EntryFile {
  readonly file: LogFile
  readonly #width: number
  readonly #entry: Uint8Array
  #written: number | undefined
  #tail: Uint8Array
  #tailCount = 0

  constructor(directory: LogDirectory, name: string, width: number) {
    this.file = new LogFile(directory, name)
    this.#width = width
    this.#entry = new Uint8Array(width)
    this.#tail = new Uint8Array(0)
  }

  get count(): number {
    return this.#inFile() + this.#tailCount
  }

  /** The bytes of entry `index`, valid until the next call. */
  at(index: number): Uint8Array {
    const inFile = this.#inFile()
    if (index >= inFile) {
      const from = (index - inFile) * this.#width
      return this.#tail.subarray(from, from + this.#width)
    }
    const there = this.file.read(this.#entry, index * this.#width)
    if (there < this.#width) this.#entry.fill(0, there)
    return this.#entry
  }

  /** What {@link append} gives room in. */
  get room(): Uint8Array {
    return this.#tail
  }

  /** Where in {@link room} one more entry goes, to be filled in at once. Never writes, so that it cannot fail. */
  append(): number {
    const from = this.#tailCount * this.#width
    if (from + this.#width > this.#tail.length) {
      const grown = new Uint8Array(Math.max(this.#width * 8, this.#tail.length * 2))
      grown.set(this.#tail)
      this.#tail = grown
    }
    this.#tailCount++
    return from
  }

  /** Writes what waits if that is much; to be called now and then. Errors as {@link flush}. */
  relieve(): void {
    if (this.#tailCount * this.#width >= tailBytesMax) this.flush()
  }

  /** Writes what waits; throws what the storage throws, and then still has it. */
  flush(): void {
    if (this.#tailCount === 0) return
    const inFile = this.#inFile()
    this.file.write([this.#tail.subarray(0, this.#tailCount * this.#width)], inFile * this.#width)
    this.#written = inFile + this.#tailCount
    this.#tailCount = 0
  }

  /** As {@link flush}, and there is a file in the end, with nothing behind the entries. */
  complete(): void {
    this.flush()
    this.file.truncate(this.#inFile() * this.#width)
    this.#tail = new Uint8Array(0)
  }

  /** Keeps the first `count` entries; `readOnly` leaves the others in the file, and does not look at them. */
  truncate(count: number, readOnly = false): void {
    const inFile = this.#inFile()
    this.#tailCount = Math.max(0, Math.min(this.#tailCount, count - inFile))
    if (count >= inFile) return
    this.#written = count
    if (!readOnly) this.file.truncate(count * this.#width)
  }

  /** Cuts off the file what {@link truncate} left there. */
  cutFile(): void {
    if (this.file.size() > this.#inFile() * this.#width) this.file.truncate(this.#inFile() * this.#width)
  }

  /** Takes over the entries of `other`, which has none in its file. */
  take(other: EntryFile): void {
    this.#tail = other.#tail
    this.#tailCount = other.#tailCount
  }

  /** The last entry for which `isBefore` holds, given that it holds for none after one for which it does not; -1: none. */
  findLast(isBefore: (entry: Uint8Array) => boolean): number {
    let low = -1
    let high = this.count
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (isBefore(this.at(middle))) low = middle
      else high = middle
    }
    return low
  }

  #inFile(): number {
    this.#written ??= Math.floor(this.file.size() / this.#width)
    return this.#written
  }
}
