import * as E from 'fp-ts/lib/Either.js'
import { readInt16, readInt32, writeInt16, writeInt32 } from './big-endian.ts'
import { type CorruptBatch, corruptBatch, orCorrupt } from './corrupt-batch.ts'
import { openBatch, type RecordCursor } from './read-records.ts'
import { controlBit, headerBytes, isControl, writeHeader } from './record-batch.ts'

/** The end of a transaction, as its coordinator writes it into every partition that took part. */
export interface EndMarker {
  readonly commit: boolean
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  /** Milliseconds since the epoch. */
  readonly timestamp: number
}

/** What an {@link endMarker} takes in a log, besides one offset. */
export const endMarkerBytes = 78

/** The control batch for `marker`, at offset 0. */
export const endMarker = (marker: EndMarker): Uint8Array => {
  // a transaction ends in every partition with the same bytes
  if (last === undefined || !isSame(last.marker, marker)) last = { marker, batch: newMarker(marker) }
  const batch = Buffer.allocUnsafe(endMarkerBytes)
  batch.set(last.batch)
  return batch
}

let last: { readonly marker: EndMarker; readonly batch: Uint8Array } | undefined

const isSame = (a: EndMarker, b: EndMarker): boolean =>
  a.producerId === b.producerId &&
  a.producerEpoch === b.producerEpoch &&
  a.timestamp === b.timestamp &&
  a.commit === b.commit &&
  a.coordinatorEpoch === b.coordinatorEpoch

const newMarker = (marker: EndMarker): Uint8Array => {
  const batch = new Uint8Array(endMarkerBytes)
  // The record: length 16, no attributes, both deltas 0, a key of 4 bytes, a value of 6, no headers.
  batch.set([32, 0, 0, 0, 8], headerBytes)
  writeInt16(batch, 66, 0)
  writeInt16(batch, 68, marker.commit ? commitType : abortType)
  batch[70] = 12
  writeInt16(batch, 71, 0)
  writeInt32(batch, 73, marker.coordinatorEpoch)
  batch[77] = 0
  writeHeader(batch, {
    attributes: controlBit,
    transactional: true,
    lastOffsetDelta: 0,
    baseTimestamp: marker.timestamp,
    maxTimestamp: marker.timestamp,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    baseSequence: -1,
    count: 1,
  })
  return batch
}

const abortType = 0
const commitType = 1

export type ControlType = 'commit' | 'abort' | 'other'

/** A control batch that was read: `coordinatorEpoch` is -1 for those that end no transaction. */
export interface ControlRecord {
  readonly type: ControlType
  readonly coordinatorEpoch: number
}

/** What the control batch says; `other` is of a kind that only Kafka's own brokers know, and means nothing here. */
export const readControl = (batch: Uint8Array, at = 0): E.Either<CorruptBatch, ControlType> =>
  E.map(({ type }: ControlRecord) => type)(readControlRecord(batch, at))

/** As {@link readControl}, with the epoch of the coordinator that wrote it. */
export const readControlRecord = (batch: Uint8Array, at = 0): E.Either<CorruptBatch, ControlRecord> => {
  const opened = openBatch(batch, { at })
  if (E.isLeft(opened)) return opened
  if (!isControl(batch, at)) return E.left(corruptBatch(at + 21, 'this is no control batch'))
  const cursor = opened.right
  const read = orCorrupt(() => (cursor.next() ? controlRecord(cursor) : undefined))
  if (E.isLeft(read)) return read
  return read.right === undefined
    ? E.left(corruptBatch(at + headerBytes, 'a control batch has a key of a version and a type, and a value'))
    : E.right(read.right)
}

const controlRecord = ({ key, value }: RecordCursor): ControlRecord | undefined => {
  if (key === null || key.length < 4) return undefined
  const type = readInt16(key, 2)
  if (type !== commitType && type !== abortType) return { type: 'other', coordinatorEpoch: -1 }
  if (value === null || value.length < 6) return undefined
  return { type: type === commitType ? 'commit' : 'abort', coordinatorEpoch: readInt32(value, 2) }
}
