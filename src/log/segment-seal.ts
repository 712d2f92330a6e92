import { readInt32, readInt64, writeInt32, writeInt64 } from '../batch/big-endian.ts'
import { crc32c } from '../batch/crc32c.ts'
import { fileName } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'
import { LogFile } from './log-file.ts'

/** What is written down of a segment once it is complete. */
export interface Seal {
  /** When its first and last batch were appended, by the log's clock. */
  readonly firstAppendMs: number
  readonly lastAppendMs: number
  readonly sizeBytes: number
  /** The offset after its last. */
  readonly nextOffset: number
  /** Each batch begins where the one before ends; compaction makes gaps. */
  readonly contiguous: boolean
}

/*
 * .seal, beside each segment that is no longer written to:
 *
 *    0 firstAppendMs  i64    16 sizeBytes   i64    32 contiguous  i32  0, 1
 *    8 lastAppendMs   i64    24 nextOffset  i64    36 crc         u32  of the bytes before it
 */
const fileBytes = 40
const crcAt = 36

/**
 * The seal of a segment. Retention and compaction go by its append times: the records' own timestamps are the user's,
 * and a backfill of old events must not delete itself. By its size, a segment that lost its end is told from a whole one.
 */
export class SealFile {
  readonly file: LogFile

  constructor(directory: LogDirectory, base: number, suffix = '') {
    this.file = new LogFile(directory, fileName(base, 'seal', suffix))
  }

  write(seal: Seal): void {
    const bytes = new Uint8Array(fileBytes)
    writeInt64(bytes, 0, seal.firstAppendMs)
    writeInt64(bytes, 8, seal.lastAppendMs)
    writeInt64(bytes, 16, seal.sizeBytes)
    writeInt64(bytes, 24, seal.nextOffset)
    writeInt32(bytes, 32, seal.contiguous ? 1 : 0)
    writeInt32(bytes, crcAt, crc32c(bytes, 0, crcAt))
    this.file.write([bytes], 0)
  }

  /** `undefined` where the file is missing or damaged. */
  read(): Seal | undefined {
    const bytes = new Uint8Array(fileBytes)
    if (!this.file.exists() || this.file.read(bytes, 0) < fileBytes) return undefined
    if (readInt32(bytes, crcAt) >>> 0 !== crc32c(bytes, 0, crcAt)) return undefined
    return {
      firstAppendMs: readInt64(bytes, 0),
      lastAppendMs: readInt64(bytes, 8),
      sizeBytes: readInt64(bytes, 16),
      nextOffset: readInt64(bytes, 24),
      contiguous: readInt32(bytes, 32) === 1,
    }
  }
}
