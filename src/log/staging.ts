import * as E from 'fp-ts/lib/Either.js'
import { endMarker } from '../batch/control-batch.ts'
import { lastOffsetDeltaOf, lastOffsetOf, place, producerIdOf, stampAppendTime } from '../batch/record-batch.ts'
import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import { appended, applyMarker, checkAppend, none, type ProducerRefusal } from '../protocol/broker/producer-state.ts'
import { type LeaderCheck, leaderRefusal } from './leader-checks.ts'
import type { LoadedPartition } from './load-partition.ts'
import { ProducerTable, producerBatch } from './producer-table.ts'
import type { StagedEntry } from './staged-entry.ts'

/** Where a batch came to lie, or lay already. */
export interface Staged {
  readonly baseOffset: number
  readonly lastOffset: number
  /** The append time where the topic stamps records, else -1. */
  readonly timestamp: number
  /** It was there already; nothing was staged. */
  readonly duplicate: boolean
}

export interface StageMarker {
  readonly commit: boolean
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** There is one leader only, and never another. */
const leaderEpoch = 0

/**
 * What a partition has taken in and not applied: offsets, producers and transactions are decided here, in memory.
 *
 * **Guarantees** offsets have no gaps; what is refused changes nothing.
 */
export class Staging {
  /** As of {@link endOffset}. */
  readonly producers: ProducerTable
  readonly #name: string
  readonly #onStaged: (entry: StagedEntry) => void
  #pending: StagedEntry[] = []
  #endOffset: number
  #startOffset: number

  /** `name` is the partition's, for messages; `onStaged` hears of everything that is new, in order. */
  constructor(name: string, loaded: LoadedPartition, onStaged: (entry: StagedEntry) => void) {
    this.#name = name
    this.#onStaged = onStaged
    this.producers = new ProducerTable([...loaded.producers])
    this.#endOffset = loaded.endOffset
    this.#startOffset = loaded.startOffset
  }

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** Where the log will start. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** What waits to be applied, in order. */
  get pending(): readonly StagedEntry[] {
    return this.#pending
  }

  /** The first `count` of what is pending are applied. */
  drop(count: number): void {
    if (count === this.#pending.length) this.#pending = []
    else this.#pending.splice(0, count)
  }

  /** Takes a batch, whose offsets and append time are written in place. */
  batch(bytes: Uint8Array, check: LeaderCheck, now: number): E.Either<EngineFailure, Staged> {
    const refusal = leaderRefusal(bytes, check)
    if (refusal !== undefined) return E.left(refusal)
    const of = producerIdOf(bytes) < 0 ? undefined : producerBatch(bytes)
    const known = of && this.producers.entries.get(of.producerId)
    if (of !== undefined) {
      const answer = checkAppend(known, of, check.origin)
      if (E.isLeft(answer)) return E.left(this.#refused(answer.left))
      if (answer.right._tag === 'duplicate') {
        const { baseOffset, lastOffset, timestamp } = answer.right
        return E.right({ baseOffset, lastOffset, timestamp, duplicate: true })
      }
    }
    const baseOffset = this.#endOffset
    const timestamp = check.config.stampsAppendTime ? now : none
    place(bytes, baseOffset, leaderEpoch)
    if (timestamp !== none) stampAppendTime(bytes, timestamp)
    const producer = of && appended(known, of, { baseOffset, timestamp, now })
    if (producer !== undefined) this.producers.set(producer)
    const lastOffset = baseOffset + lastOffsetDeltaOf(bytes)
    this.#enqueue({ _tag: 'batch', bytes, baseOffset, lastOffset, appendMs: now, producer, aborted: undefined })
    return E.right({ baseOffset, lastOffset, timestamp, duplicate: false })
  }

  /** Writes the end of a transaction. */
  marker(marker: StageMarker): E.Either<EngineFailure, Staged> {
    const applied = applyMarker(this.producers.entries.get(marker.producerId), marker, marker.now)
    if (E.isLeft(applied)) return E.left(this.#refused(applied.left))
    const baseOffset = this.#endOffset
    const { commit, producerId, producerEpoch, coordinatorEpoch, now } = marker
    const bytes = endMarker({ commit, producerId, producerEpoch, coordinatorEpoch, timestamp: now })
    place(bytes, baseOffset, leaderEpoch)
    const producer = applied.right
    const aborted = this.producers.end(producer, baseOffset, marker.commit)
    const lastOffset = baseOffset
    this.#enqueue({ _tag: 'batch', bytes, baseOffset, lastOffset, appendMs: marker.now, producer, aborted })
    return E.right({ baseOffset, lastOffset, timestamp: none, duplicate: false })
  }

  /** The log shall start at `offset`, unless it will start behind it already. */
  start(offset: number): void {
    if (offset > this.#startOffset) this.#enqueue({ _tag: 'start', offset })
  }

  /** Counts in what was staged before a restart. Throws where it does not follow what is there. */
  replay(bytes: Uint8Array, appendMs: number): void {
    const { producer, aborted } = this.producers.replay(bytes, 0, appendMs)
    const baseOffset = this.#endOffset
    this.#keep({ _tag: 'batch', bytes, baseOffset, lastOffset: lastOffsetOf(bytes), appendMs, producer, aborted })
  }

  /** As {@link replay}, for {@link start}. */
  replayStart(offset: number): void {
    if (offset > this.#startOffset) this.#keep({ _tag: 'start', offset })
  }

  #enqueue(entry: StagedEntry): void {
    this.#keep(entry)
    this.#onStaged(entry)
  }

  #keep(entry: StagedEntry): void {
    if (entry._tag === 'start') this.#startOffset = entry.offset
    else this.#endOffset = entry.lastOffset + 1
    this.#pending.push(entry)
  }

  #refused(refusal: ProducerRefusal): EngineFailure {
    return engineFailure(refusal.code, `${this.#name}: ${refusal.message}`, refusal)
  }
}
