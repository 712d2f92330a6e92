import type { Chunk, Cursor } from './feed.ts'
import type { Place } from './place.ts'

/** What was fetched of one tier and is not due yet. */
export interface HeldTier {
  readonly place: Place
  /** Whether more of it is to be fetched. */
  readonly hasRoom: boolean
  /** When its next record is due, in ms since the epoch; `undefined` where it holds none. */
  readonly nextDue: number | undefined
  /** Whether nothing before the offset `end` that was not fetched yet is due before that. */
  readonly knows: (end: number) => boolean
  /** Takes what was fetched; answers what has no record to wait for, and only moves the position. */
  readonly offer: (chunk: Chunk) => Chunk | undefined
  /** The next records, as long as they are due by `untilMs`: one at least, where one is. */
  readonly take: (untilMs: number, mostRecords: number) => Promise<Taken>
}

export interface Taken {
  readonly chunks: readonly Chunk[]
  readonly records: number
}

/** A tier whose records lie in the order in which they are due: the first is waited for, a little is read ahead. */
export class InDueOrder implements HeldTier {
  readonly place: Place
  /** None without a record, and none before the last is read to its end. */
  readonly #chunks: Chunk[] = []
  #heldBytes = 0
  #batch = 0
  /** Stands on the next record, where there is one. */
  #cursor: Cursor | undefined
  #nextDue: number | undefined

  readonly #bytesMax: number

  constructor(place: Place, bytesMax: number) {
    this.place = place
    this.#bytesMax = bytesMax
  }

  get hasRoom(): boolean {
    return this.#heldBytes < this.#bytesMax
  }

  get nextDue(): number | undefined {
    return this.#nextDue
  }

  knows(end: number): boolean {
    return this.#nextDue !== undefined || this.place.next >= end
  }

  offer(chunk: Chunk): Chunk | undefined {
    const last = this.#chunks.at(-1)
    if (chunk.sizeBytes === 0) {
      if (last === undefined) return chunk
      this.#chunks[this.#chunks.length - 1] = { ...last, nextOffset: chunk.nextOffset }
      return undefined
    }
    this.#chunks.push(chunk)
    this.#heldBytes += chunk.sizeBytes
    if (last !== undefined) return undefined
    this.#advance()
    if (this.#nextDue !== undefined) return undefined
    this.#leave()
    return chunk
  }

  take(untilMs: number, mostRecords: number): Promise<Taken> {
    const chunks: Chunk[] = []
    let records = 0
    while (this.#nextDue !== undefined && this.#nextDue <= untilMs && records < mostRecords) {
      const run = this.#run(untilMs, mostRecords - records)
      records += run.records
      chunks.push(run.chunk)
    }
    return Promise.resolve({ chunks, records })
  }

  /** The next records of the chunk at hand. */
  #run(untilMs: number, mostRecords: number): { readonly chunk: Chunk; readonly records: number } {
    const of = this.#chunks[0] as Chunk
    const first = this.#batch
    const from = (this.#cursor as Cursor).offset
    let records = 0
    let sizeBytes = 0
    while (this.#nextDue !== undefined && this.#nextDue <= untilMs && records < mostRecords) {
      const { key, value } = this.#cursor as Cursor
      sizeBytes += (key?.length ?? 0) + (value?.length ?? 0)
      records += 1
      this.#advance()
    }
    const open = (at: number): Cursor | undefined => of.open(first + at)
    if (this.#nextDue !== undefined) {
      const upTo = (this.#cursor as Cursor).offset
      return { chunk: { source: of.source, open, from, upTo, nextOffset: upTo, sizeBytes }, records }
    }
    let { nextOffset } = of
    this.#leave()
    // one without a record has nothing to wait for
    for (let next = this.#chunks[0]; next !== undefined && this.#nextDue === undefined; next = this.#chunks[0]) {
      this.#advance()
      if (this.#nextDue !== undefined) break
      nextOffset = next.nextOffset
      this.#leave()
    }
    return { chunk: { source: of.source, open, from, nextOffset, sizeBytes }, records }
  }

  /** Moves to the next record of the chunk at hand. */
  #advance(): void {
    const chunk = this.#chunks[0] as Chunk
    for (;;) {
      this.#cursor ??= chunk.open(this.#batch)
      if (this.#cursor === undefined) {
        this.#nextDue = undefined
        return
      }
      while (this.#cursor.next())
        if (this.#cursor.offset >= chunk.from) {
          this.#nextDue = this.place.tier?.dueAt(this.#cursor)
          return
        }
      this.#cursor = undefined
      this.#batch += 1
    }
  }

  /** Leaves the chunk at hand, which has been read to its end. */
  #leave(): void {
    this.#heldBytes -= this.#chunks.shift()?.sizeBytes ?? 0
    this.#batch = 0
    this.#cursor = undefined
  }
}
