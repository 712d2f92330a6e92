import type { RawRecord, Source } from './source.ts'

/** Reads the records of one batch: {@link next} moves to the next, whose fields are then the cursor's own. */
export interface Cursor extends RawRecord {
  readonly next: () => boolean
}

/** What a fetch answered for one partition, to be read as it is needed. */
export interface Chunk {
  readonly source: Source
  /** Opens the n-th batch; `undefined` behind the last. Throws where it cannot be read. */
  readonly open: (batch: number) => Cursor | undefined
  /** The first record that is wanted: a batch may begin before it. */
  readonly from: number
  /** The first that is not wanted any more; all are where nothing is said. */
  readonly upTo?: number
  /** Where its partition stands while its records are under way; behind the last that is done where nothing is said. */
  readonly standsAt?: number
  /** Where to go on once all of it is done. */
  readonly nextOffset: number
  readonly sizeBytes: number
  /** Called once all of it has been read. */
  readonly left?: () => void
}

/** What {@link Feed.next} came to. */
export type Fed = 'record' | 'end-of-chunk' | 'nothing'

/** The records of a task that have arrived and have not entered, in order of arrival. */
export class Feed {
  readonly #chunks: Chunk[] = []
  #cursor: Cursor | undefined
  #batch = 0
  /** What is before it has been read, or is not wanted. */
  #from = 0
  #isAtEnd = false
  #heldBytes = 0

  /** Bytes of what was offered and not yet read to its end. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0
  }

  offer(chunk: Chunk): void {
    this.#chunks.push(chunk)
    if (this.#chunks.length === 1) this.#from = chunk.from
    this.#heldBytes += chunk.sizeBytes
  }

  /** The chunk at hand. */
  get chunk(): Chunk {
    return this.#chunks[0] as Chunk
  }

  /** The record at hand, until the next call of {@link next}. */
  get record(): RawRecord {
    return this.#cursor as Cursor
  }

  /** Where the partition stands once the record at hand is done; also where all was cleared meanwhile. */
  get standing(): number {
    return this.#chunks[0]?.standsAt ?? this.#from
  }

  /** Moves on. At the end of a chunk {@link chunk} is still that one, until {@link leave}. */
  next(): Fed {
    const chunk = this.#chunks[0]
    if (chunk === undefined) return 'nothing'
    const { upTo = Number.POSITIVE_INFINITY } = chunk
    for (;;) {
      this.#cursor ??= chunk.open(this.#batch)
      const cursor = this.#cursor
      if (cursor === undefined) {
        this.#isAtEnd = true
        return 'end-of-chunk'
      }
      while (cursor.next()) {
        const { offset } = cursor
        if (offset < this.#from) continue
        if (offset >= upTo) {
          this.#isAtEnd = true
          return 'end-of-chunk'
        }
        this.#from = offset + 1
        return 'record'
      }
      this.#cursor = undefined
      this.#batch += 1
    }
  }

  /** Whether {@link next} has come to the end of the chunk at hand. */
  get isAtEnd(): boolean {
    return this.#isAtEnd
  }

  /** Where the chunk at hand has been read to. */
  mark(): number {
    return this.#from
  }

  /** Reads the chunk at hand again from a {@link mark} in it. */
  rewind(mark: number): void {
    this.#isAtEnd = false
    this.#batch = 0
    this.#cursor = undefined
    this.#from = mark
  }

  /** Leaves the chunk whose end was reached. */
  leave(): void {
    const chunk = this.#chunks.shift()
    this.#heldBytes -= chunk?.sizeBytes ?? 0
    this.rewind(this.#chunks[0]?.from ?? 0)
    chunk?.left?.()
  }

  clear(): void {
    this.#chunks.length = 0
    this.#cursor = undefined
    this.#heldBytes = 0
  }
}
