import * as E from 'fp-ts/lib/Either.js'
import { readControlRecord } from '../batch/control-batch.ts'
import {
  baseOffsetOf,
  baseSequenceOf,
  isAppendTime,
  isControl,
  isTransactional,
  lastOffsetDeltaOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
} from '../batch/record-batch.ts'
import {
  appended,
  isExpired,
  none,
  type ProducerBatch,
  type ProducerEntry,
  replayedMarker,
} from '../protocol/broker/producer-state.ts'
import { type AbortedTransaction, UnstableTransactions } from '../protocol/broker/stable-offset.ts'

/** What a batch did to the table, for whoever must do it again to another. */
export interface TableChange {
  readonly producer?: ProducerEntry
  readonly aborted?: AbortedTransaction
}

const nothing: TableChange = {}

/** What the rules for producers ask of the batch at `at`. */
export const producerBatch = (bytes: Uint8Array, at = 0): ProducerBatch => ({
  producerId: producerIdOf(bytes, at),
  producerEpoch: producerEpochOf(bytes, at),
  baseSequence: baseSequenceOf(bytes, at),
  lastOffsetDelta: lastOffsetDeltaOf(bytes, at),
  transactional: isTransactional(bytes, at),
})

/** What a partition knows of its producers and their transactions, as of some offset. */
export class ProducerTable {
  readonly entries: Map<number, ProducerEntry>
  readonly unstable: UnstableTransactions

  constructor(entries: readonly ProducerEntry[] = []) {
    this.entries = new Map(entries.map((entry) => [entry.producerId, entry]))
    this.unstable = UnstableTransactions.of(entries)
  }

  /** A batch of a producer came to lie in the log. */
  set(entry: ProducerEntry): void {
    const before = this.entries.get(entry.producerId)?.openTransaction ?? none
    this.entries.set(entry.producerId, entry)
    if (before === none && entry.openTransaction !== none) this.unstable.begin(entry.producerId, entry.openTransaction)
  }

  /** A marker came to lie at `markerOffset`. Answers what the index of aborted transactions gets, if anything. */
  end(entry: ProducerEntry, markerOffset: number, commit: boolean): AbortedTransaction | undefined {
    this.entries.set(entry.producerId, entry)
    return this.unstable.end(entry.producerId, { markerOffset, commit })
  }

  /** Counts in a batch that was accepted before, as recovery finds it. Checks nothing. */
  replay(bytes: Uint8Array, at: number, appendMs: number): TableChange {
    const producerId = producerIdOf(bytes, at)
    if (producerId < 0) return nothing
    const known = this.entries.get(producerId)
    const baseOffset = baseOffsetOf(bytes, at)
    const producerEpoch = producerEpochOf(bytes, at)
    if (isControl(bytes, at)) {
      const control = readControlRecord(bytes, at)
      if (E.isLeft(control) || control.right.type === 'other') return nothing
      const { type, coordinatorEpoch } = control.right
      const producer = replayedMarker(known, { producerId, producerEpoch, coordinatorEpoch }, appendMs)
      const aborted = this.end(producer, baseOffset, type === 'commit')
      return aborted === undefined ? { producer } : { producer, aborted }
    }
    const batch = producerBatch(bytes, at)
    const timestamp = isAppendTime(bytes, at) ? maxTimestampOf(bytes, at) : none
    const producer = appended(known, batch, { baseOffset, timestamp, now: appendMs })
    this.set(producer)
    return { producer }
  }

  /** Forgets who has been silent too long and has nothing open; `isSettled` may hold an entry back. */
  expire(
    at: { readonly now: number; readonly expirationMs: number },
    isSettled: (entry: ProducerEntry) => boolean,
  ): void {
    for (const entry of this.entries.values()) {
      if (isExpired(entry, at) && isSettled(entry)) this.entries.delete(entry.producerId)
    }
  }
}
