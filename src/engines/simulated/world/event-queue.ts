/** Something that is to happen at a virtual time. */
export interface Scheduled {
  /** Virtual milliseconds since the world's beginning. */
  readonly at: number
  /** Of the same time, the one that was scheduled first. */
  readonly sequence: number
  readonly run: () => void
  cancelled: boolean
}

/** What happens next, first: a binary heap. */
export class EventQueue {
  readonly #heap: Scheduled[] = []

  get size(): number {
    return this.#heap.length
  }

  push(event: Scheduled): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as Scheduled
      if (!isBefore(event, above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = event
  }

  /** The first that is not cancelled, still in the queue. */
  peek(): Scheduled | undefined {
    while (this.#heap[0]?.cancelled === true) this.#removeFirst()
    return this.#heap[0]
  }

  pop(): Scheduled | undefined {
    const first = this.peek()
    if (first !== undefined) this.#removeFirst()
    return first
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Scheduled, heap[child] as Scheduled)) child++
      const below = heap[child] as Scheduled
      if (!isBefore(below, last)) break
      heap[at] = below
      at = child
    }
    heap[at] = last
  }
}

const isBefore = (a: Scheduled, b: Scheduled): boolean => (a.at !== b.at ? a.at < b.at : a.sequence < b.sequence)
