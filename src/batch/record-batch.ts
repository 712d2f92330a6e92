import * as E from 'fp-ts/lib/Either.js'
import type { CompressionName } from '../contracts/topic.ts'
import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from './big-endian.ts'
import { type CorruptBatch, corruptBatch } from './corrupt-batch.ts'
import { changedCrc32c, crc32c } from './crc32c.ts'

/*
 * RecordBatch v2, big-endian:
 *
 *    0 baseOffset       i64     21 attributes       i16     51 producerEpoch  i16
 *    8 length           i32     23 lastOffsetDelta  i32     53 baseSequence   i32
 *   12 leaderEpoch      i32     27 baseTimestamp    i64     57 count          i32
 *   16 magic            i8      35 maxTimestamp     i64     61 records
 *   17 crc              u32     43 producerId       i64
 *
 * `length` counts what follows it. The CRC covers 21 to the end, so that a leader may assign base offset and epoch
 * without touching it. Attributes: bits 0-2 compression, 3 append time, 4 transactional, 5 control, 6 delete horizon.
 */

/** The size of a batch without records. */
export const headerBytes = 61
/** How much of a batch must be there to know its size ({@link batchSizeOf}). */
export const sizePrefixBytes = 12

/** Where the checksummed part of a batch begins. */
export const checksummedFrom = 21
export const recordsMagic = 2

/** By the number in the attributes. */
export const compressionNames: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
export const compressionBits = 0x07
export const appendTimeBit = 0x08
export const transactionalBit = 0x10
export const controlBit = 0x20
export const deleteHorizonBit = 0x40

/** The least bytes that a record takes: seven fields of one byte. */
const recordBytesMin = 7

export interface BatchHeader {
  readonly baseOffset: number
  /** Of the whole batch, this header included. */
  readonly sizeBytes: number
  readonly leaderEpoch: number
  readonly compression: CompressionName
  /** `LogAppendTime`: every record's timestamp is `maxTimestamp`. */
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly transactional: boolean
  /** A marker of a transaction: not for users. */
  readonly control: boolean
  /** `baseTimestamp` is the time from which compaction may drop this batch's tombstones. */
  readonly deleteHorizon: boolean
  /** The last record's offset less `baseOffset`; it outlives the record itself when that is compacted away. */
  readonly lastOffsetDelta: number
  /** What the records' timestamps are relative to. */
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  /** -1: none. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly count: number
}

/*
 * Single fields of the batch at `at`, without allocation. The header must be there (`headerBytes`; for the first two
 * `sizePrefixBytes`), its contents may be anything: only what `checkBatch` let pass is to be believed.
 */

export const baseOffsetOf = (bytes: Uint8Array, at = 0): number => readInt64(bytes, at)
/** Of the whole batch. Whatever the length field says: may be negative, or beyond the bytes there are. */
export const batchSizeOf = (bytes: Uint8Array, at = 0): number => readInt32(bytes, at + 8) + sizePrefixBytes
export const leaderEpochOf = (bytes: Uint8Array, at = 0): number => readInt32(bytes, at + 12)
export const magicOf = (bytes: Uint8Array, at = 0): number => bytes[at + 16] as number
export const crcOf = (bytes: Uint8Array, at = 0): number => readInt32(bytes, at + 17) >>> 0
export const attributesOf = (bytes: Uint8Array, at = 0): number => readInt16(bytes, at + 21)
export const isAppendTime = (bytes: Uint8Array, at = 0): boolean => (attributesOf(bytes, at) & appendTimeBit) !== 0
export const isTransactional = (bytes: Uint8Array, at = 0): boolean =>
  (attributesOf(bytes, at) & transactionalBit) !== 0
export const isControl = (bytes: Uint8Array, at = 0): boolean => (attributesOf(bytes, at) & controlBit) !== 0
export const lastOffsetDeltaOf = (bytes: Uint8Array, at = 0): number => readInt32(bytes, at + 23)
export const lastOffsetOf = (bytes: Uint8Array, at = 0): number =>
  baseOffsetOf(bytes, at) + lastOffsetDeltaOf(bytes, at)
export const baseTimestampOf = (bytes: Uint8Array, at = 0): number => readInt64(bytes, at + 27)
export const maxTimestampOf = (bytes: Uint8Array, at = 0): number => readInt64(bytes, at + 35)
export const producerIdOf = (bytes: Uint8Array, at = 0): number => readInt64(bytes, at + 43)
export const producerEpochOf = (bytes: Uint8Array, at = 0): number => readInt16(bytes, at + 51)
export const baseSequenceOf = (bytes: Uint8Array, at = 0): number => readInt32(bytes, at + 53)
export const countOf = (bytes: Uint8Array, at = 0): number => readInt32(bytes, at + 57)

/** All fields of the batch at `at`, under the same terms as the single ones. */
export const readHeader = (bytes: Uint8Array, at = 0): BatchHeader => {
  const attributes = attributesOf(bytes, at)
  return {
    baseOffset: baseOffsetOf(bytes, at),
    sizeBytes: batchSizeOf(bytes, at),
    leaderEpoch: leaderEpochOf(bytes, at),
    compression: compressionNames[attributes & compressionBits] ?? 'none',
    timestampType: (attributes & appendTimeBit) !== 0 ? 'LogAppendTime' : 'CreateTime',
    transactional: (attributes & transactionalBit) !== 0,
    control: (attributes & controlBit) !== 0,
    deleteHorizon: (attributes & deleteHorizonBit) !== 0,
    lastOffsetDelta: lastOffsetDeltaOf(bytes, at),
    baseTimestamp: baseTimestampOf(bytes, at),
    maxTimestamp: maxTimestampOf(bytes, at),
    producerId: producerIdOf(bytes, at),
    producerEpoch: producerEpochOf(bytes, at),
    baseSequence: baseSequenceOf(bytes, at),
    count: countOf(bytes, at),
  }
}

/**
 * The header of the batch at `at`, once its length, magic, CRC and every field have been found sound. What follows
 * the batch is not looked at, and neither are the records themselves: `readRecords` does that.
 *
 * **Errors** a {@link CorruptBatch} for whatever is wrong; never a throw, whatever the bytes.
 */
export const checkBatch = (bytes: Uint8Array, at = 0): E.Either<CorruptBatch, BatchHeader> => {
  const corrupt = batchFault(bytes, at)
  return corrupt === undefined ? E.right(readHeader(bytes, at)) : E.left(corrupt)
}

/** As {@link checkBatch}, the CRC taken on trust: for bytes that were checked before and have not left memory since. */
export const checkHeader = (bytes: Uint8Array, at = 0): E.Either<CorruptBatch, BatchHeader> => {
  const corrupt = headerFault(bytes, at)
  return corrupt === undefined ? E.right(readHeader(bytes, at)) : E.left(corrupt)
}

/** What {@link checkBatch} finds wrong, if anything: for who wants single fields of it and no header. */
export const batchFault = (bytes: Uint8Array, at = 0): CorruptBatch | undefined =>
  frameFault(bytes, at) ?? crcFault(bytes, at) ?? fieldFault(bytes, at)

/** What {@link checkHeader} finds wrong, if anything. */
export const headerFault = (bytes: Uint8Array, at = 0): CorruptBatch | undefined =>
  frameFault(bytes, at) ?? fieldFault(bytes, at)

const frameFault = (bytes: Uint8Array, at: number): CorruptBatch | undefined => {
  const there = bytes.length - at
  if (there < headerBytes) return corruptBatch(at, `${there} bytes are no header, which has ${headerBytes}`)
  if (magicOf(bytes, at) !== recordsMagic) return corruptBatch(at + 16, `magic ${magicOf(bytes, at)} is not 2`)
  const sizeBytes = batchSizeOf(bytes, at)
  return sizeBytes < headerBytes || sizeBytes > there
    ? corruptBatch(at + 8, `the batch claims ${sizeBytes} bytes, and there are ${there}`)
    : undefined
}

const crcFault = (bytes: Uint8Array, at: number): CorruptBatch | undefined => {
  const crc = crc32c(bytes, at + checksummedFrom, at + batchSizeOf(bytes, at))
  return crc === crcOf(bytes, at)
    ? undefined
    : corruptBatch(at + 17, `the CRC is ${crcOf(bytes, at)}, and of the bytes ${crc}`)
}

const fieldFault = (bytes: Uint8Array, at: number): CorruptBatch | undefined => {
  const compression = attributesOf(bytes, at) & compressionBits
  if (compression >= compressionNames.length) return corruptBatch(at + 22, `compression ${compression} is unknown`)
  const baseOffset = baseOffsetOf(bytes, at)
  if (baseOffset < 0 || !Number.isSafeInteger(lastOffsetOf(bytes, at)))
    return corruptBatch(at, `offsets from ${baseOffset} on are not between 0 and 2^53`)
  const lastOffsetDelta = lastOffsetDeltaOf(bytes, at)
  if (lastOffsetDelta < 0) return corruptBatch(at + 23, `the last offset delta ${lastOffsetDelta} is negative`)
  if (!Number.isSafeInteger(baseTimestampOf(bytes, at)))
    return corruptBatch(at + 27, `the base timestamp ${baseTimestampOf(bytes, at)} is beyond 2^53`)
  if (!Number.isSafeInteger(maxTimestampOf(bytes, at)))
    return corruptBatch(at + 35, `the largest timestamp ${maxTimestampOf(bytes, at)} is beyond 2^53`)
  const producerId = producerIdOf(bytes, at)
  if (producerId < -1 || !Number.isSafeInteger(producerId))
    return corruptBatch(at + 43, `the producer id ${producerId} is not between -1 and 2^53`)
  if (producerEpochOf(bytes, at) < -1)
    return corruptBatch(at + 51, `the producer epoch ${producerEpochOf(bytes, at)} is below -1`)
  if (baseSequenceOf(bytes, at) < -1)
    return corruptBatch(at + 53, `the base sequence ${baseSequenceOf(bytes, at)} is below -1`)
  const count = countOf(bytes, at)
  if (count < 0 || count > lastOffsetDelta + 1)
    return corruptBatch(at + 57, `${count} records do not fit ${lastOffsetDelta + 1} offsets`)
  const recordBytes = batchSizeOf(bytes, at) - headerBytes
  return compression === 0 && count * recordBytesMin > recordBytes
    ? corruptBatch(at + 57, `${count} records do not fit ${recordBytes} bytes`)
    : undefined
}

/** Whose batch it is, and which of theirs. */
export interface BatchIdentity {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly transactional: boolean
}

/**
 * Writes the identity into `bytes`, one whole batch, in place.
 *
 * The CRC follows from the one there was, at the same price for every size; a batch that was damaged stays so.
 */
export const seal = (bytes: Uint8Array, identity: BatchIdentity): void => {
  const was = headerCrc(bytes)
  writeAttribute(bytes, transactionalBit, identity.transactional)
  writeInt64(bytes, 43, identity.producerId)
  writeInt16(bytes, 51, identity.producerEpoch)
  writeInt32(bytes, 53, identity.baseSequence)
  changeCrc(bytes, was)
}

/** Writes where the batch comes to lie into `bytes`, in place; the CRC does not cover it. */
export const place = (bytes: Uint8Array, baseOffset: number, leaderEpoch: number): void => {
  writeInt64(bytes, 0, baseOffset)
  writeInt32(bytes, 12, leaderEpoch)
}

/** Gives every record of `bytes`, one whole batch, the time of its append, in place; the CRC as {@link seal} does. */
export const stampAppendTime = (bytes: Uint8Array, timestamp: number): void => {
  const was = headerCrc(bytes)
  writeAttribute(bytes, appendTimeBit, true)
  writeInt64(bytes, 35, timestamp)
  changeCrc(bytes, was)
}

const writeAttribute = (bytes: Uint8Array, bit: number, on: boolean): void => {
  const attributes = attributesOf(bytes)
  writeInt16(bytes, 21, on ? attributes | bit : attributes & ~bit)
}

/** Of the header's part of what the CRC covers. */
const headerCrc = (bytes: Uint8Array): number => crc32c(bytes, checksummedFrom, headerBytes)

const changeCrc = (bytes: Uint8Array, was: number): void =>
  writeInt32(bytes, 17, changedCrc32c(crcOf(bytes), was, headerCrc(bytes), batchSizeOf(bytes) - headerBytes))

/** Everything that a header says but for where the batch lies. */
export interface BatchFields extends BatchIdentity {
  readonly attributes: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly count: number
}

/** Writes the header of `bytes`, one whole batch whose records are there already: at offset 0, leader epoch -1. */
export const writeHeader = (bytes: Uint8Array, fields: BatchFields): void => {
  place(bytes, 0, -1)
  writeInt32(bytes, 8, bytes.length - sizePrefixBytes)
  bytes[16] = recordsMagic
  writeInt16(bytes, 21, fields.transactional ? fields.attributes | transactionalBit : fields.attributes)
  writeInt32(bytes, 23, fields.lastOffsetDelta)
  writeInt64(bytes, 27, fields.baseTimestamp)
  writeInt64(bytes, 35, fields.maxTimestamp)
  writeInt64(bytes, 43, fields.producerId)
  writeInt16(bytes, 51, fields.producerEpoch)
  writeInt32(bytes, 53, fields.baseSequence)
  writeInt32(bytes, 57, fields.count)
  writeInt32(bytes, 17, crc32c(bytes, checksummedFrom))
}
