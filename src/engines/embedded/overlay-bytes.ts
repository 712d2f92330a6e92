import type { StorageFile } from '../../contracts/storage.ts'

/** What is copied at once where something is written. */
const pageBytes = 64 * 1024

/** The bytes of a file as they were at first, and pages of them in memory that are different now. */
export class OverlayBytes {
  readonly #base: StorageFile | undefined
  readonly #pages = new Map<number, Uint8Array>()
  /** Up to where the base still counts. */
  #baseBytes: number
  #size: number

  constructor(base: StorageFile | undefined) {
    this.#base = base
    this.#baseBytes = base?.size() ?? 0
    this.#size = this.#baseBytes
  }

  get size(): number {
    return this.#size
  }

  read(target: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(target.length, this.#size - position))
    if (this.#pages.size === 0) {
      this.#readBase(target.subarray(0, count), position)
      return count
    }
    for (let done = 0; done < count; ) {
      const { index, at, length } = place(position + done, count - done)
      const into = target.subarray(done, done + length)
      const page = this.#pages.get(index)
      if (page === undefined) this.#readBase(into, position + done)
      else into.set(page.subarray(at, at + length))
      done += length
    }
    return count
  }

  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      const { index, at, length } = place(position + done, bytes.length - done)
      this.#page(index).set(bytes.subarray(done, done + length), at)
      done += length
    }
    this.#size = Math.max(this.#size, position + bytes.length)
  }

  truncate(size: number): void {
    for (const [index, page] of this.#pages) {
      const kept = size - index * pageBytes
      if (kept <= 0) this.#pages.delete(index)
      else if (kept < pageBytes) page.fill(0, kept)
    }
    this.#baseBytes = Math.min(this.#baseBytes, size)
    this.#size = size
  }

  close(): void {
    this.#base?.close()
  }

  #page(index: number): Uint8Array {
    const known = this.#pages.get(index)
    if (known !== undefined) return known
    const page = new Uint8Array(pageBytes)
    this.#readBase(page, index * pageBytes)
    this.#pages.set(index, page)
    return page
  }

  /** Beyond the base there are zeros. */
  #readBase(target: Uint8Array, position: number): void {
    const there = Math.max(0, Math.min(target.length, this.#baseBytes - position))
    const read = there === 0 ? 0 : (this.#base?.read(target.subarray(0, there), position) ?? 0)
    target.fill(0, read)
  }
}

const place = (position: number, wanted: number) => {
  const index = Math.floor(position / pageBytes)
  const at = position - index * pageBytes
  return { index, at, length: Math.min(pageBytes - at, wanted) }
}
