import type { Segment } from './segment.ts'

/** How many complete segments of a partition keep their files open. */
const openMax = 4

/** The segments of a partition, ascending; never empty. The last one is written to. */
export class Segments {
  #all: Segment[]
  /** Complete ones that were read last, the latest at the end. */
  #open: Segment[] = []

  constructor(all: readonly Segment[]) {
    this.#all = [...all]
  }

  get all(): readonly Segment[] {
    return this.#all
  }

  get first(): Segment {
    return this.#at(0)
  }

  get active(): Segment {
    return this.#at(this.#all.length - 1)
  }

  /** The index of the segment that would hold `offset`; the first where all begin behind it. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.#all.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#at(middle).baseOffset <= offset) low = middle
      else high = middle
    }
    return low
  }

  /** The segment at `index`, about to be read: others may have to close their files for it. */
  use(index: number): Segment | undefined {
    const segment = this.#all[index]
    if (segment === undefined || segment === this.active || this.#open.at(-1) === segment) return segment
    this.#open = [...this.#open.filter((each) => each !== segment), segment]
    if (this.#open.length > openMax) this.#open.shift()?.release()
    return segment
  }

  push(segment: Segment): void {
    this.#all.push(segment)
  }

  /** Takes the oldest away while `isGone` holds of it and its successor. */
  dropWhile(isGone: (segment: Segment, next: Segment) => boolean): void {
    let count = 0
    for (; count < this.#all.length - 1; count++) if (!isGone(this.#at(count), this.#at(count + 1))) break
    this.#forget(this.#all.splice(0, count))
  }

  /** Puts `segment` in the place of `old`, which stand side by side; false where they no longer do. */
  replace(old: readonly Segment[], segment: Segment): boolean {
    const from = this.#all.indexOf(old[0] as Segment)
    if (from === -1 || old.some((each, at) => this.#all[from + at] !== each)) return false
    this.#forget(this.#all.splice(from, old.length, segment))
    return true
  }

  #forget(gone: readonly Segment[]): void {
    this.#open = this.#open.filter((each) => !gone.includes(each))
    for (const segment of gone) segment.remove()
  }

  #at(index: number): Segment {
    const segment = this.#all[index]
    if (segment === undefined) throw new Error(`broken invariant: there is no segment ${index} of ${this.#all.length}`)
    return segment
  }
}
