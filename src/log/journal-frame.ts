import * as E from 'fp-ts/lib/Either.js'
import { readInt32, readInt64, writeInt32, writeInt64 } from '../batch/big-endian.ts'
import { crc32c } from '../batch/crc32c.ts'
import { baseOffsetOf, batchSizeOf, checkBatch, crcOf, headerBytes, leaderEpochOf } from '../batch/record-batch.ts'

/*
 * A journal is a row of frames, each at a multiple of 4 KiB:
 *
 *    0 magic       u32  'MRJ1'           24 headBytes     i32   this header and the table
 *    4 crc         u32  of 8 to the      28 payloadBytes  i32
 *                       table's end      32 payloadCrc    u32   of a checkpoint; 0 for entries
 *    8 generation  i64                   36 count         i32   entries in the table; -1: a checkpoint
 *   16 number      i32  in its           40 table, then the payload, then zeros up to 4 KiB
 *                       generation
 *   20 reserved    i32
 *
 * An entry of the table: kind u8, length of the topic id u8, the topic id, partition i32, and by kind
 *
 *   1 batch    appendMs i64, baseOffset i64, sizeBytes i32, leaderEpoch i32, crc u32; its bytes are in the payload
 *   2 start    offset i64: the partition starts there from now on
 *   3 created  the partition is new: whatever was there of it goes
 *
 * A batch has a checksum of its own, which the table repeats with all that it does not cover: no byte is hashed twice,
 * and a batch that was left in its place by an older frame is not taken for this one's.
 */
const magic = 0x4d524a31
const frameHeaderBytes = 40
export const frameAlignment = 4096
const checkpointCount = -1

const kinds = { batch: 1, start: 2, created: 3 } as const
const batchEntryBytes = 28

/** A partition, as the journal names it: the topic's id, so that a topic recreated under its name is another. */
export interface JournalPartition {
  readonly topicId: string
  readonly partition: number
}

export type JournalChange =
  | { readonly _tag: 'batch'; readonly bytes: Uint8Array; readonly appendMs: number }
  | { readonly _tag: 'start'; readonly offset: number }
  | { readonly _tag: 'created' }

export interface JournalEntry {
  readonly of: JournalPartition
  readonly change: JournalChange
}

export interface FramePlace {
  readonly generation: number
  readonly number: number
}

export interface Frame extends FramePlace {
  /** With its padding. */
  readonly sizeBytes: number
  readonly content:
    | { readonly _tag: 'checkpoint'; readonly bytes: Uint8Array }
    | { readonly _tag: 'entries'; readonly entries: readonly JournalEntry[] }
}

/** What an entry adds to a frame, at the most. */
export const entryBytesOf = ({ of, change }: JournalEntry): number =>
  6 + of.topicId.length + batchEntryBytes + (change._tag === 'batch' ? change.bytes.length : 0)

/** How long a frame will be, and what of it. */
export interface FrameSizes {
  readonly headBytes: number
  readonly payloadBytes: number
  /** With its padding. */
  readonly sizeBytes: number
}

/** What a frame with `entries` takes. */
export const frameSizes = (entries: readonly JournalEntry[]): FrameSizes => {
  let headBytes = frameHeaderBytes
  let payloadBytes = 0
  for (const entry of entries) {
    headBytes += tableBytes(entry)
    if (entry.change._tag === 'batch') payloadBytes += entry.change.bytes.length
  }
  return { headBytes, payloadBytes, sizeBytes: alignedBytes(headBytes + payloadBytes) }
}

/** The parts of a frame with `entries`, to be written one after the other. Batches are not copied. */
export const entriesFrame = (
  place: FramePlace,
  entries: readonly JournalEntry[],
  sizes: FrameSizes,
): readonly Uint8Array[] => {
  const parts: Uint8Array[] = [Buffer.allocUnsafe(sizes.headBytes)]
  writeHead(parts[0] as Uint8Array, place, entries, sizes)
  for (const { change } of entries) if (change._tag === 'batch') parts.push(change.bytes)
  parts.push(paddingAfter(sizes.headBytes + sizes.payloadBytes))
  return parts
}

/** The same in one piece, at the beginning of `into`, which has room for it. */
export const gatheredFrame = (
  into: Uint8Array,
  place: FramePlace,
  entries: readonly JournalEntry[],
  sizes: FrameSizes,
): Uint8Array => {
  writeHead(into, place, entries, sizes)
  let at = sizes.headBytes
  for (const { change } of entries) {
    if (change._tag !== 'batch') continue
    into.set(change.bytes, at)
    at += change.bytes.length
  }
  return into.fill(0, at, sizes.sizeBytes).subarray(0, sizes.sizeBytes)
}

/** Writes header and table. */
const writeHead = (
  head: Uint8Array,
  { generation, number }: FramePlace,
  entries: readonly JournalEntry[],
  { headBytes, payloadBytes }: FrameSizes,
): void => {
  let at = frameHeaderBytes
  for (const entry of entries) at = writeEntry(head, at, entry)
  writeFrameHeader(head, { generation, number, headBytes, payloadBytes, payloadCrc: 0, count: entries.length })
}

/** The parts of a checkpoint frame: number 0 of its generation. */
export const checkpointFrame = (generation: number, bytes: Uint8Array): readonly Uint8Array[] => {
  const head = Buffer.alloc(frameHeaderBytes)
  writeFrameHeader(head, {
    generation,
    number: 0,
    headBytes: frameHeaderBytes,
    payloadBytes: bytes.length,
    payloadCrc: crc32c(bytes),
    count: checkpointCount,
  })
  return [head, bytes, paddingAfter(frameHeaderBytes + bytes.length)]
}

interface FrameHeader extends FramePlace {
  readonly headBytes: number
  readonly payloadBytes: number
  readonly payloadCrc: number
  readonly count: number
}

const writeFrameHeader = (head: Uint8Array, header: FrameHeader): void => {
  writeInt32(head, 0, magic)
  writeInt64(head, 8, header.generation)
  writeInt32(head, 16, header.number)
  writeInt32(head, 20, 0)
  writeInt32(head, 24, header.headBytes)
  writeInt32(head, 28, header.payloadBytes)
  writeInt32(head, 32, header.payloadCrc)
  writeInt32(head, 36, header.count)
  writeInt32(head, 4, crc32c(head, 8, header.headBytes))
}

const tableBytes = ({ of, change }: JournalEntry): number =>
  6 + of.topicId.length + (change._tag === 'batch' ? batchEntryBytes : change._tag === 'start' ? 8 : 0)

const writeEntry = (head: Uint8Array, from: number, { of, change }: JournalEntry): number => {
  const { topicId } = of
  head[from] = kinds[change._tag]
  head[from + 1] = topicId.length
  let at = from + 2
  for (let i = 0; i < topicId.length; i++) head[at++] = topicId.charCodeAt(i)
  writeInt32(head, at, of.partition)
  at += 4
  if (change._tag === 'created') return at
  if (change._tag === 'start') {
    writeInt64(head, at, change.offset)
    return at + 8
  }
  writeInt64(head, at, change.appendMs)
  writeInt64(head, at + 8, baseOffsetOf(change.bytes))
  writeInt32(head, at + 16, change.bytes.length)
  writeInt32(head, at + 20, leaderEpochOf(change.bytes))
  writeInt32(head, at + 24, crcOf(change.bytes))
  return at + batchEntryBytes
}

const zeros = new Uint8Array(frameAlignment)

const alignedBytes = (bytes: number): number => Math.ceil(bytes / frameAlignment) * frameAlignment

const paddingAfter = (bytes: number): Uint8Array => zeros.subarray(0, alignedBytes(bytes) - bytes)

/** How many bytes must be there to read the frame that begins with `head`, padding aside; 0 where none does. */
export const frameSize = (head: Uint8Array): number => {
  if (head.length < frameHeaderBytes || readInt32(head, 0) !== magic) return 0
  const headBytes = readInt32(head, 24)
  const payloadBytes = readInt32(head, 28)
  return headBytes < frameHeaderBytes || payloadBytes < 0 ? 0 : headBytes + payloadBytes
}

/** The frame that `bytes` begin with; `undefined` where there is none, or not a whole one. */
export const readFrame = (bytes: Uint8Array): Frame | undefined => {
  const sizeBytes = frameSize(bytes)
  if (sizeBytes === 0 || sizeBytes > bytes.length || !isHeadSound(bytes)) return undefined
  const headBytes = readInt32(bytes, 24)
  const count = readInt32(bytes, 36)
  const place = { ...framePlace(bytes), sizeBytes: alignedBytes(sizeBytes) }
  const payload = bytes.subarray(headBytes, sizeBytes)
  if (count !== checkpointCount) {
    const entries = readEntries(bytes, headBytes, payload, count)
    return entries && { ...place, content: { _tag: 'entries', entries } }
  }
  return crc32c(payload) === readInt32(bytes, 32) >>> 0
    ? { ...place, content: { _tag: 'checkpoint', bytes: payload } }
    : undefined
}

/** Where the frame belongs whose head, at least, is sound. */
export const readFramePlace = (bytes: Uint8Array): FramePlace | undefined =>
  frameSize(bytes) > 0 && isHeadSound(bytes) ? framePlace(bytes) : undefined

/** How many bytes {@link readFramePlace} needs to see; 0 where no frame begins. */
export const frameHeadSize = (bytes: Uint8Array): number => (frameSize(bytes) > 0 ? readInt32(bytes, 24) : 0)

const framePlace = (bytes: Uint8Array): FramePlace => ({
  generation: readInt64(bytes, 8),
  number: readInt32(bytes, 16),
})

const isHeadSound = (bytes: Uint8Array): boolean => {
  const headBytes = readInt32(bytes, 24)
  return headBytes <= bytes.length && crc32c(bytes, 8, headBytes) === readInt32(bytes, 4) >>> 0
}

const readEntries = (
  bytes: Uint8Array,
  headBytes: number,
  payload: Uint8Array,
  count: number,
): readonly JournalEntry[] | undefined => {
  const entries: JournalEntry[] = []
  let at = frameHeaderBytes
  let from = 0
  for (let index = 0; index < count && at < headBytes; index++) {
    const kind = bytes[at]
    const idBytes = bytes[at + 1] ?? 0
    const topicId = Buffer.from(bytes.buffer, bytes.byteOffset + at + 2, idBytes).toString('latin1')
    at += 2 + idBytes
    const of = { topicId, partition: readInt32(bytes, at) }
    at += 4
    if (kind === kinds.created) entries.push({ of, change: { _tag: 'created' } })
    else if (kind === kinds.start) {
      entries.push({ of, change: { _tag: 'start', offset: readInt64(bytes, at) } })
      at += 8
    } else {
      const batch = payload.subarray(from, from + readInt32(bytes, at + 16))
      if (!isBatch(batch, bytes, at)) return undefined
      entries.push({ of, change: { _tag: 'batch', bytes: batch, appendMs: readInt64(bytes, at) } })
      from += batch.length
      at += batchEntryBytes
    }
  }
  return entries
}

/** Whether `batch` is what the table's entry at `at` speaks of, to the last bit. */
const isBatch = (batch: Uint8Array, table: Uint8Array, at: number): boolean =>
  batch.length >= headerBytes &&
  batchSizeOf(batch) === batch.length &&
  baseOffsetOf(batch) === readInt64(table, at + 8) &&
  leaderEpochOf(batch) === readInt32(table, at + 20) &&
  crcOf(batch) === readInt32(table, at + 24) >>> 0 &&
  E.isRight(checkBatch(batch))
