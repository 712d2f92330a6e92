/** What a partition's files are named for: the offset of the first record they speak of, in 20 digits. */
export type FileKind = 'log' | 'index' | 'timeindex' | 'txnindex' | 'seal' | 'snapshot' | 'sequences'

/** What belongs to a segment, and goes with it. */
export const segmentKinds: readonly FileKind[] = ['log', 'index', 'timeindex', 'txnindex', 'seal']

/** A file that compaction is still writing. */
export const cleanedSuffix = '.cleaned'
/** A file that compaction has written, to take the place of what it was made from. */
export const swapSuffix = '.swap'

/** `00000000000000000042.log`; `suffix` marks a file that is not in place yet. */
export const fileName = (offset: number, kind: FileKind, suffix = ''): string =>
  `${String(offset).padStart(20, '0')}.${kind}${suffix}`

/** The offset in a file's name, where it is one of a partition's files of `kind`. */
export const offsetInName = (name: string, kind: FileKind, suffix = ''): number | undefined => {
  const ending = `.${kind}${suffix}`
  if (name.length !== 20 + ending.length || !name.endsWith(ending)) return undefined
  const digits = name.slice(0, 20)
  return /^\d{20}$/.test(digits) && Number.isSafeInteger(Number(digits)) ? Number(digits) : undefined
}

/** The offsets of all files of `kind` among `names`, ascending. */
export const offsetsInNames = (names: readonly string[], kind: FileKind, suffix = ''): readonly number[] =>
  names
    .map((name) => offsetInName(name, kind, suffix))
    .filter((offset) => offset !== undefined)
    .sort((a, b) => a - b)
