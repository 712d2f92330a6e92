import { readInt16, readInt64, writeInt16, writeInt64 } from '../batch/big-endian.ts'
import type { AbortedTransaction } from '../protocol/broker/stable-offset.ts'
import { EntryFile } from './entry-file.ts'
import { fileName } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'

/*
 * .txnindex, entries of 34 bytes, in the order of their last offsets; there is no file where there are none:
 *
 *    0 version      i16  0       10 firstOffset  i64       26 lastStableOffset  i64
 *    2 producerId   i64          18 lastOffset   i64
 */
const entryBytes = 34
const version = 0

/** The aborted transactions whose marker lies in a segment. */
export class AbortedIndex {
  readonly entries: EntryFile

  constructor(directory: LogDirectory, base: number, suffix = '') {
    this.entries = new EntryFile(directory, fileName(base, 'txnindex', suffix), entryBytes)
  }

  append(aborted: AbortedTransaction): void {
    const at = this.entries.append()
    const { room } = this.entries
    writeInt16(room, at, version)
    writeInt64(room, at + 2, aborted.producerId)
    writeInt64(room, at + 10, aborted.firstOffset)
    writeInt64(room, at + 18, aborted.lastOffset)
    writeInt64(room, at + 26, aborted.lastStableOffset)
  }

  at(index: number): AbortedTransaction {
    const entry = this.entries.at(index)
    return {
      producerId: readInt64(entry, 2),
      firstOffset: readInt64(entry, 10),
      lastOffset: readInt64(entry, 18),
      lastStableOffset: readInt64(entry, 26),
    }
  }

  /**
   * Adds to `found` the transactions that may concern the offsets from `from` to `before`, exclusive.
   * Answers whether no later segment can have another.
   */
  collect(found: AbortedTransaction[], from: number, before: number): boolean {
    const { count } = this.entries
    for (let at = this.entries.findLast((entry) => readInt64(entry, 18) < from) + 1; at < count; at++) {
      const aborted = this.at(at)
      if (aborted.firstOffset < before) found.push(aborted)
      if (aborted.lastStableOffset >= before) return true
    }
    return false
  }

  /** Whether every entry could have been written as it is. It has no checksum. */
  isSound(): boolean {
    let last = -1
    for (let at = 0; at < this.entries.count; at++) {
      if (readInt16(this.entries.at(at), 0) !== version) return false
      const { firstOffset, lastOffset } = this.at(at)
      if (firstOffset > lastOffset || lastOffset <= last) return false
      last = lastOffset
    }
    return true
  }
}
