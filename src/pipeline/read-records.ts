import * as E from 'fp-ts/lib/Either.js'
import { CorruptBatchError } from '../batch/corrupt-batch.ts'
import { openBatch } from '../batch/read-records.ts'
import type { Fetched } from '../contracts/engine.ts'
import type { Chunk } from './feed.ts'
import type { Source } from './source.ts'

/**
 * What a fetch answered for `source`, to be decoded batch by batch, as far as it is read.
 *
 * **Errors** opening or reading a batch that is unsound throws a `CorruptBatchError`.
 */
export const chunkOf = (source: Source, { batches, nextOffset }: Fetched, from: number): Chunk => {
  let sizeBytes = 0
  for (const batch of batches) sizeBytes += batch.length
  return {
    source,
    from,
    nextOffset,
    sizeBytes,
    open: (at) => {
      const batch = batches[at]
      if (batch === undefined) return undefined
      // the engine has checked it where it read it
      const opened = openBatch(batch, { checkCrc: false })
      if (E.isLeft(opened)) throw new CorruptBatchError(opened.left)
      return opened.right
    },
  }
}
