import type { Choose } from './choose.ts'
import { applyEntries, type Change, Directory, type File } from './forgetful-files.ts'

/** What a disk takes or loses as a whole. */
const sectorBytes = 512

/** What became of what was not synced: of a file its sectors, of a directory its entries. */
export interface Forgotten {
  /** Of a file, or of a directory: its own path. */
  readonly path: string
  readonly lost: number
  /** How many were not synced. */
  readonly of: number
}

/** How likely a piece is lost, where neither all nor nothing is. */
const chances = [0.5, 0.1, 0.9] as const

/** Nothing, all, or any part of what was not synced is there afterwards. Tells of each that had something unsynced. */
export const forget = (root: Directory, choose: Choose, tell: (forgotten: Forgotten) => void): void => {
  const forgetDirectory = (directory: Directory, path: string): void => {
    const pieces = new Pieces(choose)
    for (const changes of directory.pending.upTo()) if (pieces.survives()) applyEntries(directory.durable, changes)
    pieces.tell(path, tell)
    directory.cached = new Map(directory.durable)
    for (const [name, found] of directory.durable) {
      const at = path === '' ? name : `${path}/${name}`
      if (found instanceof Directory) forgetDirectory(found, at)
      else forgetFile(found, at)
    }
  }
  const forgetFile = (file: File, path: string): void => {
    const pieces = new Pieces(choose)
    for (const change of file.pending.upTo())
      for (const piece of sectorsOf(change)) if (pieces.survives()) file.durable.apply(piece)
    pieces.tell(path, tell)
    file.cached = file.durable.copy()
  }
  forgetDirectory(root, '')
}

/** Of one thing: what is chosen about all of it is chosen when it turns out that there is anything. */
class Pieces {
  readonly #choose: Choose
  #chance: number | undefined
  #lost = 0
  #of = 0

  constructor(choose: Choose) {
    this.#choose = choose
  }

  survives(): boolean {
    this.#chance ??= this.#chosen()
    this.#of++
    const isLost = this.#chance === 1 || (this.#chance > 0 && this.#choose(2, this.#chance) === 1)
    if (isLost) this.#lost++
    return !isLost
  }

  tell(path: string, tell: (forgotten: Forgotten) => void): void {
    if (this.#of > 0) tell({ path, lost: this.#lost, of: this.#of })
  }

  #chosen(): number {
    const which = this.#choose(2 + chances.length, 0.8)
    return which === 0 ? 0 : which === 1 ? 1 : (chances[which - 2] ?? 0)
  }
}

function* sectorsOf(change: Change): Generator<Change> {
  if (change._tag === 'truncate') return yield change
  const { bytes, position } = change
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + sectorBytes - ((position + from) % sectorBytes))
    yield { _tag: 'write', bytes: bytes.subarray(from, to), position: position + from }
    from = to
  }
}
