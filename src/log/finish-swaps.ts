import { cleanedSuffix, fileName, offsetsInNames, segmentKinds, swapSuffix } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'
import { SealFile } from './segment-seal.ts'

/**
 * Finishes, or forgets, the compaction that a crash has interrupted. A `.log.swap` is whole, and so is what belongs to
 * it: it takes the place of all segments that it was made from. Everything else of a compaction goes.
 */
export const finishSwaps = async (directory: LogDirectory): Promise<void> => {
  const names = directory.list()
  const swaps = offsetsInNames(names, 'log', swapSuffix)
  // That they are there may be known to the page cache only.
  if (swaps.length > 0) directory.touch()
  if (swaps.length > 0) await directory.sync()
  for (const base of swaps) {
    const seal = new SealFile(directory, base, swapSuffix).read() ?? new SealFile(directory, base).read()
    const end = seal?.nextOffset ?? base + 1
    for (const old of offsetsInNames(names, 'log')) {
      if (old > base && old < end) for (const kind of segmentKinds) removeFile(directory, fileName(old, kind))
    }
    for (const kind of segmentKinds) {
      if (kind === 'log') continue
      moveFile(directory, fileName(base, kind, swapSuffix), fileName(base, kind))
    }
    await directory.sync()
    moveFile(directory, fileName(base, 'log', swapSuffix), fileName(base, 'log'))
    await directory.sync()
  }
  for (const name of directory.list()) {
    if (name.endsWith(cleanedSuffix) || name.endsWith(swapSuffix) || name.endsWith('.tmp')) directory.remove(name)
  }
}

const removeFile = (directory: LogDirectory, name: string): void => {
  if (directory.exists(name)) directory.remove(name)
}

const moveFile = (directory: LogDirectory, from: string, to: string): void => {
  if (directory.exists(from)) directory.rename(from, to)
}
