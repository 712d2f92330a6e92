import * as E from 'fp-ts/lib/Either.js'
import { CorruptBatchError } from '../batch/corrupt-batch.ts'
import { openBatch, type RecordCursor } from '../batch/read-records.ts'
import type { Fetched, Isolation, Reader } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure, MillraceError } from '../contracts/failure.ts'
import { type Position, partitionName, type TopicPartition } from '../contracts/position.ts'
import { settle } from '../contracts/settle.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { UnreadableRecord } from '../pipeline/attempt-errors.ts'
import { decodeRecord, type Source, sourceOf } from '../pipeline/source.ts'

/**
 * What becomes of a record that its topic's codecs cannot read: `halt` ends the reading with an
 * {@link UnreadableRecord}, `skip` leaves it out, and a function is told and then leaves it out.
 */
export type OnUnreadable = 'halt' | 'skip' | ((error: UnreadableRecord) => void)

interface Place {
  readonly source: Source
  offset: number
  paused: boolean
}

export interface FetchWait {
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly signal?: AbortSignal
}

/**
 * Positions in some partitions, and the records from there on.
 *
 * **Guarantees** records of a partition come in their order, each once between two seeks. A partition that cannot be
 * read, or holds a record that ends the reading, does so only after the others' records of the same fetch were handed out.
 */
export class Fetcher<K, V> {
  readonly #reader: Reader
  readonly #isolation: Isolation
  readonly #onUnreadable: OnUnreadable
  readonly #places = new Map<string, Place>()
  #failure: MillraceError | UnreadableRecord | undefined

  constructor(o: { readonly reader: Reader; readonly isolation: Isolation; readonly onUnreadable: OnUnreadable }) {
    this.#reader = o.reader
    this.#isolation = o.isolation
    this.#onUnreadable = o.onUnreadable
  }

  get positions(): readonly Position[] {
    return Array.from(this.#places.values(), ({ source, offset }) => ({
      topic: source.topic,
      partition: source.partition,
      offset,
    }))
  }

  add(topic: AnyTopic, partition: number, offset: number): void {
    this.#places.set(partitionName({ topic: topic.name, partition }), {
      source: sourceOf(topic, partition),
      offset,
      paused: false,
    })
  }

  remove(partition: TopicPartition): void {
    this.#places.delete(partitionName(partition))
  }

  seek(to: Position): void {
    this.#place(to).offset = to.offset
    this.#failure = undefined
  }

  pause(partition: TopicPartition, paused: boolean): void {
    this.#place(partition).paused = paused
    // where it was this one that could not be read, the others go on; where not, it fails again
    if (paused) this.#failure = undefined
  }

  /** The next records; none when the wait is over, or everything is paused. */
  async fetch(wait: FetchWait): Promise<StreamRecord<K, V>[]> {
    if (this.#failure !== undefined) throw this.#failure
    const positions = this.#wanted()
    const answer = await settle(this.#reader.fetch({ positions, isolation: this.#isolation, ...wait }))
    const asked = new Map(positions.map((position) => [partitionName(position), position.offset]))
    const records: StreamRecord<K, V>[] = []
    for (const fetched of answer) {
      const place = this.#places.get(partitionName(fetched))
      // a seek while the answer was under way makes it somebody else's
      if (place === undefined || place.paused || place.offset !== asked.get(partitionName(fetched))) continue
      this.#read(place, fetched, records)
    }
    if (records.length === 0 && this.#failure !== undefined) throw this.#failure
    return records
  }

  #wanted(): Position[] {
    const wanted: Position[] = []
    for (const { source, offset, paused } of this.#places.values())
      if (!paused) wanted.push({ topic: source.topic, partition: source.partition, offset })
    return wanted
  }

  #read(place: Place, fetched: Fetched, into: StreamRecord<K, V>[]): void {
    for (const batch of fetched.batches) if (!this.#readBatch(place, batch, into)) return
    place.offset = Math.max(place.offset, fetched.nextOffset)
    if (fetched.failure !== undefined) this.#failure = new MillraceError(fetched.failure)
  }

  /** False when something there ends the reading. */
  #readBatch(place: Place, batch: Uint8Array, into: StreamRecord<K, V>[]): boolean {
    const opened = openBatch(batch, { checkCrc: false })
    if (E.isLeft(opened)) return this.#fail(new MillraceError(corrupt(place, opened.left.reason)))
    try {
      return this.#readRecords(place, opened.right, into)
    } catch (thrown) {
      if (!(thrown instanceof CorruptBatchError)) throw thrown
      return this.#fail(new MillraceError(corrupt(place, thrown.corrupt.reason)))
    }
  }

  #readRecords(place: Place, cursor: RecordCursor, into: StreamRecord<K, V>[]): boolean {
    while (cursor.next()) {
      if (cursor.offset < place.offset) continue
      const record = decodeRecord(place.source, cursor, undefined)
      if (E.isRight(record)) {
        // the codecs are the topic's own, so what they read is of its types
        into.push(record.right as StreamRecord<K, V>)
      } else {
        if (this.#onUnreadable === 'halt') return this.#fail(halting(record.left))
        if (this.#onUnreadable !== 'skip') this.#onUnreadable(record.left)
      }
      place.offset = cursor.offset + 1
    }
    return true
  }

  #fail(error: MillraceError | UnreadableRecord): false {
    this.#failure = error
    return false
  }

  #place(partition: TopicPartition): Place {
    const place = this.#places.get(partitionName(partition))
    if (place !== undefined) return place
    const held = Array.from(this.#places.keys()).join(', ') || 'nothing'
    throw new MillraceError(
      engineFailure(
        'unknown-partition',
        `${partitionName(partition)} is not assigned here: this consumer reads ${held}`,
      ),
    )
  }
}

/** As whoever reads is told of it: for a pipeline the way out is another. */
const halting = (error: UnreadableRecord): UnreadableRecord => {
  error.message += `; read with the codec it was written with, or leave it out with onUnreadable: 'skip'`
  return error
}

const corrupt = ({ source, offset }: Place, reason: string): EngineFailure =>
  engineFailure(
    'corrupt-log',
    `${source.topic}-${source.partition} holds a damaged batch at or after offset ${offset} (${reason}): restore the file from a backup, or seek behind it`,
  )
