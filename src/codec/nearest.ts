/** Edits at most, of three letters each, that a slip may be away from what was meant. */
const lettersAnEdit = 3

/** The one of `names` that `typed` was most likely meant to be, or `undefined` where none is near. */
export const nearest = (typed: string, names: readonly string[]): string | undefined => {
  let best: string | undefined
  const word = plain(typed.slice(0, 64))
  let fewest = Math.max(2, Math.floor(Math.min(typed.length, 64) / lettersAnEdit)) + 1
  for (const name of names) {
    const other = plain(name)
    const edits = distance(word, other)
    // as many as there are letters make any word of any other
    if (edits < fewest && edits < Math.min(word.length, other.length)) [best, fewest] = [name, edits]
  }
  return best
}

/** `segmentMs`, `segment_ms` and `segment.ms` are one word to whoever types them. */
const plain = (name: string): string => name.replaceAll(/[._-]/g, '').toLowerCase()

/** How many letters must be put in, taken out or changed to make `one` into `other` (Levenshtein). */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let at = 1; at <= one.length; at++) {
    const next = [at]
    for (let column = 1; column <= other.length; column++) {
      const changed = (row[column - 1] ?? 0) + (one[at - 1] === other[column - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
