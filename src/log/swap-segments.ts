import { fileName, segmentKinds, swapSuffix } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

/**
 * Puts `cleaned`, which is sealed under names of its own, in the place of `group`. A crash at any point
 * leaves either the old segments or a whole new one, which opening finishes to move in: what must be durable first is
 * synced first. False where the old ones have gone meanwhile.
 */
export const swapIn = async (
  log: { readonly directory: LogDirectory; readonly segments: Segments },
  group: readonly Segment[],
  cleaned: Segment,
): Promise<boolean> => {
  const { directory } = log
  const { baseOffset } = cleaned
  await cleaned.sync()
  await directory.sync()
  const move = (suffix: string, isLog: boolean) => {
    for (const [at, kind] of segmentKinds.entries()) {
      const file = cleaned.files[at]
      if ((kind === 'log') === isLog) file?.rename(fileName(baseOffset, kind, suffix))
    }
  }
  move(swapSuffix, false)
  await directory.sync()
  if (!group.every((segment) => log.segments.all.includes(segment))) {
    cleaned.remove()
    return false
  }
  move(swapSuffix, true)
  await directory.sync()
  if (!log.segments.replace(group, cleaned)) {
    cleaned.remove()
    return false
  }
  await directory.sync()
  move('', false)
  await directory.sync()
  move('', true)
  await directory.sync()
  return true
}
