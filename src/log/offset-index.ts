import { readInt32, writeInt32 } from '../batch/big-endian.ts'
import { EntryFile } from './entry-file.ts'
import { fileName } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'

/*
 * .index, entries of 8 bytes, both ascending:
 *
 *   0 relativeOffset  i32    the last offset of a batch, less the segment's base
 *   4 position        i32    where that batch begins in the .log
 */
const entryBytes = 8

/** Where in a segment to begin to look for an offset. Sparse: one entry every few kilobytes. */
export class OffsetIndex {
  readonly entries: EntryFile
  readonly #base: number

  constructor(directory: LogDirectory, base: number, suffix = '') {
    this.entries = new EntryFile(directory, fileName(base, 'index', suffix), entryBytes)
    this.#base = base
  }

  append(lastOffset: number, position: number): void {
    const at = this.entries.append()
    writeInt32(this.entries.room, at, lastOffset - this.#base)
    writeInt32(this.entries.room, at + 4, position)
  }

  /** The position of a batch at or before the one that holds `offset`: 0 where the index says nothing. */
  positionFor(offset: number): number {
    const found = this.entries.findLast((entry) => readInt32(entry, 0) <= offset - this.#base)
    return found === -1 ? 0 : readInt32(this.entries.at(found), 4) >>> 0
  }

  /** Whether it could have been written as it is, for a log of `sizeBytes`. It has no checksum. */
  isSound(sizeBytes: number): boolean {
    const { count } = this.entries
    if (count === 0) return true
    const last = this.entries.at(count - 1)
    return readInt32(last, 0) >= 0 && readInt32(last, 4) >>> 0 < sizeBytes && (count === 1 || readInt32(last, 4) > 0)
  }
}
