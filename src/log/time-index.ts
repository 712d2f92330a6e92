import { readInt32, readInt64, writeInt32, writeInt64 } from '../batch/big-endian.ts'
import { EntryFile } from './entry-file.ts'
import { fileName } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'

/*
 * .timeindex, entries of 12 bytes, both ascending, the timestamps strictly:
 *
 *   0 timestamp       i64    the largest one up to
 *   8 relativeOffset  i32    this offset, less the segment's base
 */
const entryBytes = 12

export interface TimeEntry {
  readonly timestamp: number
  readonly offset: number
}

/** Where in a segment to begin to look for a time. */
export class TimeIndex {
  readonly entries: EntryFile
  readonly #base: number
  #appended: TimeEntry | undefined
  /** How many entries there were with it. */
  #appendedCount = -1

  constructor(directory: LogDirectory, base: number, suffix = '') {
    this.entries = new EntryFile(directory, fileName(base, 'timeindex', suffix), entryBytes)
    this.#base = base
  }

  get last(): TimeEntry | undefined {
    const { count } = this.entries
    return count === 0 ? undefined : this.#entry(count - 1)
  }

  /** Does nothing unless the time is later than all before. */
  append(timestamp: number, offset: number): void {
    // what was appended last need not be read again
    const last = this.#appendedCount === this.entries.count ? this.#appended : this.last
    if (timestamp < 0 || (last !== undefined && (timestamp <= last.timestamp || offset < last.offset))) return
    const at = this.entries.append()
    writeInt64(this.entries.room, at, timestamp)
    writeInt32(this.entries.room, at + 8, offset - this.#base)
    this.#appended = { timestamp, offset }
    this.#appendedCount = this.entries.count
  }

  /** An offset before which every record is older than `timestamp`. */
  offsetFor(timestamp: number): number {
    const found = this.entries.findLast((entry) => readInt64(entry, 0) <= timestamp)
    return found === -1 ? this.#base : this.#entry(found).offset
  }

  #entry(index: number): TimeEntry {
    const entry = this.entries.at(index)
    return { timestamp: readInt64(entry, 0), offset: this.#base + readInt32(entry, 8) }
  }
}
