import type { Fetched, Isolation, Reader } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure, MillraceError } from '../contracts/failure.ts'
import { type Position, partitionName, type TopicPartition } from '../contracts/position.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { type Source, sourceOf } from '../pipeline/source.ts'
import {
  drive,
  type FetchPolicy,
  type FetchPosition,
  type FetchPositionCommand,
  isWanted,
  type LogRange,
  startFetching,
} from '../protocol/client/fetch-position.ts'
import { FetchedRecords, type OnUnreadable } from './fetched-records.ts'

/** Whoever reads is told, and decides. */
const policy: FetchPolicy = { overtaken: 'stop', damaged: 'stop' }

interface Place {
  readonly name: string
  readonly source: Source
  position: FetchPosition
  /** Why it could not go on, where it rests or has stopped. */
  error: unknown
}

export interface FetchWait {
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly signal?: AbortSignal
}

export interface FetcherSetup {
  readonly reader: Reader
  readonly isolation: Isolation
  readonly onUnreadable: OnUnreadable
  readonly wayOut: WayOut
}

/** What whoever reads can do about a position that is none, in the words that end a sentence. */
export interface WayOut {
  readonly outside: string
  readonly damaged: string
}

/**
 * Positions in some partitions, and the records from there on. What moves a position is decided in
 * `protocol/client/fetch-position.ts`.
 *
 * **Guarantees** records of a partition come in their order, each once between two seeks. A partition that cannot be
 * read, or holds a record that ends the reading, says so only after the others' records of the same fetch were handed
 * out; and then each time, until it is sought in, paused or removed, where the failure is none that may pass.
 */
export class Fetcher<K, V> {
  readonly #o: FetcherSetup
  readonly #places = new Map<string, Place>()

  constructor(setup: FetcherSetup) {
    this.#o = setup
  }

  get positions(): readonly Position[] {
    const positions: Position[] = []
    for (const { position } of this.#places.values()) {
      const { topic, partition, offset } = position
      positions.push({ topic, partition, offset })
    }
    return positions
  }

  add(topic: AnyTopic, partition: number, offset: number): void {
    const source = sourceOf(topic, partition)
    const name = partitionName(source)
    this.#places.set(name, {
      name,
      source,
      position: startFetching(source, offset, policy),
      error: undefined,
    })
  }

  remove(partition: TopicPartition): void {
    this.#places.delete(partitionName(partition))
  }

  seek(to: Position): void {
    drive(this.#place(to), { _tag: 'seek', offset: to.offset })
  }

  pause(partition: TopicPartition, paused: boolean): void {
    drive(this.#place(partition), { _tag: paused ? 'pause' : 'resume' })
  }

  /** The next records; none when the wait is over, or everything is paused. */
  async fetch(wait: FetchWait): Promise<StreamRecord<K, V>[]> {
    this.#raise()
    const { reader, isolation } = this.#o
    const places: Place[] = []
    const positions: FetchPosition[] = []
    for (const place of this.#places.values()) {
      if (!isWanted(place.position)) continue
      places.push(place)
      positions.push(place.position)
    }
    const answer = await reader.fetch({ positions, isolation, ...wait })()
    if (answer._tag === 'Left') throw new MillraceError(answer.left)
    const records: StreamRecord<K, V>[] = []
    let index = 0
    for (const fetched of answer.right) {
      index = indexOf(positions, fetched, index)
      const place = places[index]
      const asked = positions[index]
      if (place === undefined || asked === undefined) continue
      // one that was given up and taken again meanwhile is another
      if (this.#places.get(place.name) === place) this.#take(place, asked.epoch, fetched, records)
    }
    if (records.length === 0) this.#raise()
    return records
  }

  /** Throws what keeps a partition from going on. What may pass is thrown once, and then asked for again. */
  #raise(): void {
    for (const place of this.#places.values()) {
      const { phase, paused, epoch } = place.position
      if (paused || (phase !== 'resting' && phase !== 'stopped')) continue
      drive(place, { _tag: 'rested', epoch })
      throw place.error
    }
  }

  #take(place: Place, epoch: number, fetched: Fetched, into: StreamRecord<K, V>[]): void {
    const { batches, failure, startOffset, highWatermark: endOffset } = fetched
    // where there is something, what comes behind it can wait to fail
    const isFailure = failure !== undefined && batches.length === 0
    const command: FetchPositionCommand = isFailure
      ? { _tag: 'failed', epoch, failure, startOffset, endOffset }
      : { _tag: 'fetched', epoch }
    for (const effect of drive(place, command)) {
      if (effect._tag === 'handOn') this.#handOn(place, effect, fetched, into)
      else if (effect._tag === 'outside')
        place.error = new MillraceError(outsideOfLog({ ...place.source, ...effect }, effect, this.#o.wayOut.outside))
      else if (effect._tag !== 'overtaken') place.error = new MillraceError(effect.failure)
    }
  }

  #handOn(
    place: Place,
    { from, epoch }: { readonly from: number; readonly epoch: number },
    { batches, nextOffset }: Fetched,
    into: StreamRecord<K, V>[],
  ): void {
    const reading = new FetchedRecords<K, V>(place.source, from, this.#o)
    try {
      // whoever is told of an unreadable record may seek: what is left is then not wanted
      reading.read(batches, into, () => place.position.epoch === epoch)
      drive(place, { _tag: 'handedOn', epoch, offset: nextOffset })
    } catch (error) {
      place.error = error
      drive(place, { _tag: 'stuck', epoch, offset: reading.offset })
    }
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

/** Where `of` is among `positions`, looked for from `from` on: answers come in their order, as a rule. -1 where it is not. */
const indexOf = (positions: readonly Position[], of: TopicPartition, from: number): number => {
  for (let step = 0; step < positions.length; step++) {
    const index = (Math.max(from, 0) + step) % positions.length
    const { topic, partition } = positions[index] as Position
    if (partition === of.partition && topic === of.topic) return index
  }
  return -1
}

/** What reading at an offset is refused with that the log does not have. */
export const outsideOfLog = (
  { topic, partition, offset }: Position,
  { startOffset, endOffset }: LogRange,
  wayOut: string,
): EngineFailure =>
  engineFailure(
    'offset-out-of-range',
    `offset ${offset} of ${partitionName({ topic, partition })} is outside of ${startOffset} to ${endOffset}: ${wayOut}`,
  )
