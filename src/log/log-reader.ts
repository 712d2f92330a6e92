import * as E from 'fp-ts/lib/Either.js'
import { readRecords } from '../batch/read-records.ts'
import { maxTimestampOf } from '../batch/record-batch.ts'
import type { Isolation } from '../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import type { AbortedTransaction } from '../protocol/broker/stable-offset.ts'
import { CommittedFilter } from '../protocol/client/read-committed.ts'
import { batchFields } from './batch-fields.ts'
import { BatchWalk, type Chunk, type Damage, type OffsetsAhead } from './batch-walk.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

/** A partition, as far as it may be read. */
export interface Readable {
  /** The partition, for messages. */
  readonly name: string
  readonly segments: Segments
  readonly startOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
}

export interface LogRead {
  readonly offset: number
  /** About: a batch is never cut, so that the first may pass it. */
  readonly maxBytes: number
  readonly isolation: Isolation
}

export interface LogBatches {
  /** As they lie in the log, each an array of its own; without control batches and, reading committed, aborted ones. */
  readonly batches: readonly Uint8Array[]
  /** Where to go on; there may be progress without any batch. */
  readonly nextOffset: number
}

/** Readers that go on where they were: so many places are kept, so that they need no index. */
const placesMax = 32

interface Place {
  readonly offset: number
  readonly segment: Segment
  readonly position: number
  /** What was read of it and not handed out. */
  readonly chunk: Chunk | undefined
}

interface Start {
  readonly index: number
  readonly position: number
  /** The batch at the position begins with the offset that was asked for. */
  readonly isPlace: boolean
  readonly chunk: Chunk | undefined
}

/** What is known of a segment's offsets from a position on, where the batch has `offset`, if that is known. */
const offsetsFrom = (segment: Segment, position: number, offset?: number): OffsetsAhead => {
  const { baseOffset, nextOffset } = segment
  const first = offset ?? (position === 0 ? baseOffset : undefined)
  return {
    from: first ?? baseOffset,
    contiguous: segment.contiguous && first !== undefined,
    before: nextOffset === -1 ? Number.POSITIVE_INFINITY : nextOffset,
  }
}

export const corruptLog = (name: string, { path, position, reason }: Damage): EngineFailure =>
  engineFailure(
    'corrupt-log',
    `${name} is damaged in ${path} at byte ${position}: ${reason}. Nothing behind it is served: restore the directory from a copy, or delete the topic and create it again`,
  )

/** Reads a partition's batches, and knows where its readers are. */
export class LogReader {
  readonly #places: Place[] = []

  read(log: Readable, { offset, maxBytes, isolation }: LogRead): E.Either<EngineFailure, LogBatches> {
    const bound = isolation === 'read_committed' ? log.lastStableOffset : log.highWatermark
    if (offset >= bound) return E.right({ batches: [], nextOffset: offset })
    const found: Uint8Array[] = []
    let nextOffset = offset
    let bytes = 0
    const start = this.#startOf(log, offset)
    for (let { index, position } = start; ; index++, position = 0) {
      const segment = log.segments.use(index)
      if (segment === undefined) break
      nextOffset = Math.max(nextOffset, index === start.index ? offset : segment.baseOffset)
      const walk = new BatchWalk(segment.log, {
        from: position,
        end: segment.sizeBytes,
        wantedBytes: maxBytes - bytes,
        offsets: offsetsFrom(segment, position, index === start.index && start.isPlace ? offset : undefined),
        chunk: index === start.index ? start.chunk : undefined,
      })
      while (walk.next()) {
        if (walk.lastOffset < offset) continue
        const isFull = found.length > 0 && bytes + walk.sizeBytes > maxBytes
        if (isFull || walk.baseOffset >= bound)
          return this.#done(log, {
            found,
            offset,
            nextOffset,
            isolation,
            at: { offset: nextOffset, segment, position: walk.position, chunk: walk.rest(true) },
          })
        found.push(walk.batch)
        bytes += walk.sizeBytes
        nextOffset = walk.lastOffset + 1
        if (bytes >= maxBytes) {
          const position = walk.position + walk.sizeBytes
          const at = { offset: nextOffset, segment, position, chunk: walk.rest(false) }
          return this.#done(log, { found, offset, nextOffset, isolation, at })
        }
      }
      if (walk.damage !== undefined) {
        if (found.length === 0) return E.left(corruptLog(log.name, walk.damage))
        return this.#done(log, { found, offset, nextOffset, isolation })
      }
      if (segment === log.segments.active) {
        const at = { offset: nextOffset, segment, position: segment.sizeBytes, chunk: undefined }
        return this.#done(log, { found, offset, nextOffset, isolation, at })
      }
    }
    return this.#done(log, { found, offset, nextOffset, isolation })
  }

  /** The segments were changed: forgets where the readers were. */
  forget(): void {
    this.#places.length = 0
  }

  #done(
    log: Readable,
    read: { found: readonly Uint8Array[]; offset: number; nextOffset: number; isolation: Isolation; at?: Place },
  ): E.Either<EngineFailure, LogBatches> {
    if (read.at !== undefined) {
      if (this.#places.length >= placesMax) this.#places.shift()
      this.#places.push(read.at)
    }
    const { found, offset, nextOffset, isolation } = read
    const aborted =
      isolation === 'read_committed' && found.length > 0 ? abortedIn(log.segments, offset, nextOffset) : []
    const filter = new CommittedFilter(batchFields, aborted)
    return E.right({ batches: found.filter((batch) => filter.keeps(batch)), nextOffset })
  }

  #startOf({ segments }: Readable, offset: number): Start {
    const kept = this.#places.findLastIndex((place) => place.offset === offset)
    const place = kept === -1 ? undefined : this.#places.splice(kept, 1)[0]
    const index = segments.indexOf(offset)
    if (place !== undefined) {
      const at = segments.all.indexOf(place.segment, Math.max(0, index - 1))
      if (at !== -1) return { index: at, position: place.position, isPlace: true, chunk: place.chunk }
    }
    return { index, position: segments.use(index)?.offsets.positionFor(offset) ?? 0, isPlace: false, chunk: undefined }
  }
}

/** The aborted transactions that may concern the offsets from `from` to `before`, exclusive. */
export const abortedIn = (segments: Segments, from: number, before: number): readonly AbortedTransaction[] => {
  const found: AbortedTransaction[] = []
  for (let index = segments.indexOf(from); ; index++) {
    const segment = segments.use(index)
    if (segment === undefined || segment.aborted.collect(found, from, before)) return found
  }
}

/** The offset of the first record at or after `timestamp` below `bound`; `undefined` where there is none. */
export const offsetAtTime = (
  { name, segments, startOffset }: Readable,
  { timestamp, bound }: { readonly timestamp: number; readonly bound: number },
): E.Either<EngineFailure, number | undefined> => {
  for (let index = segments.indexOf(startOffset); ; index++) {
    const segment = segments.use(index)
    if (segment === undefined || segment.baseOffset >= bound) return E.right(undefined)
    if (segment.maxTimestamp < timestamp) continue
    const from = segment.offsets.positionFor(Math.max(startOffset, segment.times.offsetFor(timestamp)))
    const walk = new BatchWalk(segment.log, { from, end: segment.sizeBytes, offsets: offsetsFrom(segment, from) })
    while (walk.next()) {
      if (walk.baseOffset >= bound) return E.right(undefined)
      if (walk.lastOffset < startOffset || maxTimestampOf(walk.bytes, walk.at) < timestamp) continue
      const found = firstRecordAt(walk.batch, { timestamp, from: startOffset })
      if (found !== undefined) return E.right(found < bound ? found : undefined)
    }
    if (walk.damage !== undefined) return E.left(corruptLog(name, walk.damage))
  }
}

const firstRecordAt = (batch: Uint8Array, at: { timestamp: number; from: number }): number | undefined => {
  let found: number | undefined
  readRecords(
    batch,
    (record) => {
      if (found === undefined && record.offset >= at.from && record.timestamp >= at.timestamp) found = record.offset
    },
    { checkCrc: false },
  )
  return found
}
