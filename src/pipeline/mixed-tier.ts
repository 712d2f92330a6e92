import * as E from 'fp-ts/lib/Either.js'
import { CorruptBatchError } from '../batch/corrupt-batch.ts'
import { readRecords } from '../batch/read-records.ts'
import type { Engine, Fetched } from '../contracts/engine.ts'
import { MillraceError } from '../contracts/failure.ts'
import { DueIndex } from './due-index.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { Chunk, Cursor } from './feed.ts'
import type { HeldTier, Taken } from './held-tier.ts'
import type { LiveTask } from './live-task.ts'
import type { Place } from './place.ts'
import type { RawRecord } from './source.ts'

/**
 * A tier whose records lie as they came. All of it is looked at once, and its index kept; what the records hold stays in
 * the log, and is read again when they are due.
 *
 * Its position stays behind the lowest that waits, so that what was done behind that comes again after a restart: whoever
 * processes it is to know.
 */
export class InAnyOrder implements HeldTier {
  readonly place: Place
  readonly #o: { readonly engine: Engine; readonly calls: EngineCalls; readonly task: LiveTask }
  readonly #index = new DueIndex()
  /** Behind all that was looked at. */
  #end = 0

  constructor(place: Place, o: { readonly engine: Engine; readonly calls: EngineCalls; readonly task: LiveTask }) {
    this.place = place
    this.#o = o
  }

  readonly hasRoom = true

  get nextDue(): number | undefined {
    return this.#index.nextDue
  }

  knows(end: number): boolean {
    return this.place.next >= end
  }

  offer(chunk: Chunk): Chunk | undefined {
    const { dueAt } = this.place.tier as NonNullable<Place['tier']>
    this.#end = chunk.nextOffset
    for (let batch = 0, cursor = chunk.open(batch); cursor !== undefined; cursor = chunk.open(++batch))
      while (cursor.next()) if (cursor.offset >= chunk.from) this.#index.add(dueAt(cursor), cursor.offset)
    return this.#index.size === 0 ? { ...chunk, open: () => undefined, sizeBytes: 0 } : undefined
  }

  async take(untilMs: number, mostRecords: number): Promise<Taken> {
    const standsAt = this.#index.lowest ?? this.#end
    const wanted: number[] = []
    while ((this.#index.nextDue ?? Number.POSITIVE_INFINITY) <= untilMs && wanted.length < mostRecords)
      wanted.push(this.#index.take())
    const records = await this.#read(wanted)
    const runs = ascending(wanted.flatMap((offset) => records.get(offset) ?? []))
    const nextOffset = this.#index.lowest ?? this.#end
    const { source } = this.place
    return {
      records: wanted.length,
      // the last moves the position
      chunks: [...runs, []].map((run, at) => ({
        source,
        open: (batch) => (batch === 0 && run.length > 0 ? cursorOver(run) : undefined),
        from: 0,
        standsAt,
        nextOffset: at === runs.length ? nextOffset : standsAt,
        sizeBytes: run.reduce((bytes, { key, value }) => bytes + (key?.length ?? 0) + (value?.length ?? 0), 0),
      })),
    }
  }

  /** The records at these offsets, as far as they are still there. */
  async #read(offsets: readonly number[]): Promise<ReadonlyMap<number, RawRecord>> {
    const { topic, partition } = this.place.source
    const wanted = new Set(offsets)
    const found = new Map<number, RawRecord>()
    for (const offset of offsets.toSorted((a, b) => a - b)) {
      if (!wanted.has(offset)) continue
      const request = { positions: [{ topic, partition, offset }], isolation: 'read_committed', maxBytes: 1 } as const
      // it was there: who has nothing yet, as a leader that is new, is asked again
      let fetched: Fetched | undefined
      while (fetched === undefined)
        [fetched] = await this.#o.calls.again('reading what is due', () =>
          this.#o.engine.reader.fetch({ ...request, maxWaitMs: 1_000, signal: this.#o.task.ended.signal }),
        )
      if (fetched.failure !== undefined) throw new MillraceError(fetched.failure)
      for (const batch of fetched.batches) keep(batch, wanted, found)
      wanted.delete(offset)
    }
    return found
  }
}

/** Moves what is wanted of `batch` to `found`. */
const keep = (batch: Uint8Array, wanted: Set<number>, found: Map<number, RawRecord>): void => {
  const read = readRecords(batch, ({ offset, timestamp, key, value, headers }) => {
    if (!wanted.delete(offset)) return
    const copied = new Map([...headers].map(([name, header]) => [name, new Uint8Array(header)]))
    found.set(offset, {
      offset,
      timestamp,
      key: key && new Uint8Array(key),
      value: value && new Uint8Array(value),
      headers: copied,
    })
  })
  if (E.isLeft(read)) throw new CorruptBatchError(read.left)
}

/** A chunk's records are in the order of their offsets: another begins where one goes back. */
const ascending = (records: readonly RawRecord[]): readonly (readonly RawRecord[])[] => {
  const runs: RawRecord[][] = []
  let last = Number.POSITIVE_INFINITY
  for (const record of records) {
    if (record.offset < last) runs.push([])
    runs.at(-1)?.push(record)
    last = record.offset
  }
  return runs
}

const cursorOver = (records: readonly RawRecord[]): Cursor => {
  let at = -1
  const here = (): RawRecord => records[at] as RawRecord
  return {
    next: () => ++at < records.length,
    get offset() {
      return here().offset
    },
    get timestamp() {
      return here().timestamp
    },
    get key() {
      return here().key
    },
    get value() {
      return here().value
    },
    get headers() {
      return here().headers
    },
  }
}
