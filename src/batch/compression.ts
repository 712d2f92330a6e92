import zlib from 'node:zlib'
import { MillraceError } from '../contracts/failure.ts'
import type { CompressionName } from '../contracts/topic.ts'
import { CorruptBatchError, refuseBatch } from './corrupt-batch.ts'
import { compressLz4, decompressLz4, requireLz4 } from './lz4.ts'
import { compressSnappy, decompressSnappy, requireSnappy } from './snappy.ts'

/** What the records of one batch may decompress to where nobody says otherwise. */
export const decompressedBytesMax: number = 64 * 1024 * 1024

export type Compressed = Exclude<CompressionName, 'none'>

interface Compression {
  readonly require?: () => unknown
  readonly compress: (records: Uint8Array) => Uint8Array
  /** Throws anything at all where `bytes` is unsound, or would become more than `maxBytes`. */
  readonly decompress: (bytes: Uint8Array, maxBytes: number) => Uint8Array
}

const compressions: Readonly<Record<Compressed, Compression>> = {
  gzip: {
    compress: (records) => zlib.gzipSync(records),
    decompress: (bytes, maxOutputLength) => zlib.gunzipSync(bytes, { maxOutputLength }),
  },
  snappy: { require: requireSnappy, compress: compressSnappy, decompress: decompressSnappy },
  lz4: { require: requireLz4, compress: compressLz4, decompress: decompressLz4 },
  zstd: {
    compress: (records) => zlib.zstdCompressSync(records),
    decompress: (bytes, maxOutputLength) =>
      zlib.zstdDecompressSync(bytes, {
        maxOutputLength,
        params: { [zlib.constants.ZSTD_d_windowLogMax]: zstdWindowLogMax },
      }),
  },
}

/** 128 MiB: the largest window that any level of zstd asks for, and the most that its decoder sets aside. */
const zstdWindowLogMax = 27

/** Throws a {@link MillraceError} `missing-package` where `name` needs a package that is not installed. */
export const requireCompression = (name: CompressionName): void => {
  if (name !== 'none') compressions[name].require?.()
}

/** The records of a batch as one block, in the format that Kafka's own clients write. */
export const compress = (name: Compressed, records: Uint8Array): Uint8Array => compressions[name].compress(records)

/**
 * Undoes {@link compress}.
 *
 * What a call of gzip or zstd worked with is only let go in the next turn of the event loop: whoever reads thousands of
 * such batches must yield in between.
 *
 * **Errors** throws a `CorruptBatchError`, at position `at`, where the bytes are unsound or would become more than
 * `maxBytes`; a {@link MillraceError} `missing-package` where a package is missing.
 */
export const decompress = (
  name: Compressed,
  bytes: Uint8Array,
  { at, maxBytes }: { readonly at: number; readonly maxBytes: number },
): Uint8Array => {
  try {
    return compressions[name].decompress(bytes, maxBytes)
  } catch (error) {
    if (error instanceof MillraceError || error instanceof CorruptBatchError) throw error
    const { message } = error as Error
    return refuseBatch(at, `the records do not decompress with ${name} into ${maxBytes} bytes or fewer: ${message}`)
  }
}
