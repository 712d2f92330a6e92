/** What is done to a file. */
export type Change =
  | { readonly _tag: 'write'; readonly bytes: Uint8Array; readonly position: number }
  | { readonly _tag: 'truncate'; readonly size: number }

/** The bytes of a file. A copy shares them until either is changed, so that it costs nothing to keep one of every moment. */
class Bytes {
  #bytes = new Uint8Array(0)
  #isShared = false
  length = 0

  copy(): Bytes {
    const copy = new Bytes()
    copy.#bytes = this.#bytes
    copy.length = this.length
    this.#isShared = true
    copy.#isShared = true
    return copy
  }

  read(target: Uint8Array, position: number): number {
    const found = this.#bytes.subarray(position, Math.min(this.length, position + target.length))
    target.set(found)
    return found.length
  }

  apply(change: Change): void {
    const end = change._tag === 'write' ? change.position + change.bytes.length : change.size
    if (this.#isShared || end > this.#bytes.length) this.#own(Math.max(end, this.length))
    if (change._tag === 'write') this.#bytes.set(change.bytes, change.position)
    // what is cut off comes back as zeros
    else this.#bytes.fill(0, change.size, this.length)
    this.length = change._tag === 'write' ? Math.max(end, this.length) : change.size
  }

  #own(size: number): void {
    const grown = new Uint8Array(size > this.#bytes.length ? 2 * size : this.#bytes.length)
    grown.set(this.#bytes.subarray(0, this.length))
    this.#bytes = grown
    this.#isShared = false
  }
}

/** What the device was not told yet, in order. */
class Pending<A> {
  #changes: A[] = []
  /** How many have reached the device, of all that there ever were. */
  #settled = 0

  /** Where the changes end that are there by now. */
  get end(): number {
    return this.#settled + this.#changes.length
  }

  add(change: A): void {
    this.#changes.push(change)
  }

  /** Takes those out that lie before `end`, which another sync may have done; all where nothing is said. */
  upTo(end: number = this.end): readonly A[] {
    const taken = this.#changes.splice(0, Math.max(0, end - this.#settled))
    this.#settled += taken.length
    return taken
  }

  copy(copyOf: (change: A) => A): Pending<A> {
    const copy = new Pending<A>()
    copy.#changes = this.#changes.map(copyOf)
    copy.#settled = this.#settled
    return copy
  }
}

/** A file, of whatever names. */
export class File {
  /** What the page cache has, and what the device has. */
  cached: Bytes = new Bytes()
  durable: Bytes = new Bytes()
  pending: Pending<Change> = new Pending()
}

/** Some names that change at once: a rename changes two. */
export type Entries = readonly (readonly [string, File | Directory | undefined])[]

/** Names, and what they stand for. */
export class Directory {
  cached: Map<string, File | Directory> = new Map()
  durable: Map<string, File | Directory> = new Map()
  pending: Pending<Entries> = new Pending()
}

/** What became of each thing in a fork. */
export type Copies = Map<File | Directory, File | Directory>

/** Does to `entries` what `changes` are. */
export const applyEntries = (entries: Map<string, File | Directory>, changes: Entries): void => {
  for (const [name, found] of changes) {
    if (found === undefined) entries.delete(name)
    else entries.set(name, found)
  }
}

/** What was one thing under two names, or of two times, stays one. */
export const copied = (of: File | Directory, copies: Copies): File | Directory => {
  const known = copies.get(of)
  if (known !== undefined) return known
  if (of instanceof File) {
    const file = new File()
    copies.set(of, file)
    file.cached = of.cached.copy()
    file.durable = of.durable.copy()
    file.pending = of.pending.copy((change) => change)
    return file
  }
  const directory = new Directory()
  copies.set(of, directory)
  const copyAll = (entries: Directory['cached']): Directory['cached'] => {
    const all: Directory['cached'] = new Map()
    for (const [name, found] of entries) all.set(name, copied(found, copies))
    return all
  }
  directory.cached = copyAll(of.cached)
  directory.durable = copyAll(of.durable)
  directory.pending = of.pending.copy((changes) =>
    changes.map(([name, found]) => [name, found === undefined ? undefined : copied(found, copies)] as const),
  )
  return directory
}

/** All that is in there is on the device. */
export const settleDirectory = (directory: Directory): void => {
  directory.pending.upTo()
  directory.durable = new Map(directory.cached)
  for (const found of directory.cached.values()) {
    if (found instanceof Directory) settleDirectory(found)
    else {
      found.pending.upTo()
      found.durable = found.cached.copy()
    }
  }
}
