import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from '../batch/big-endian.ts'
import { crc32c } from '../batch/crc32c.ts'
import { type AcceptedBatch, none, type ProducerEntry } from '../protocol/broker/producer-state.ts'
import { sequenceBefore } from '../protocol/sequence.ts'

/*
 * .snapshot, Kafka's own, version 1, what was known of the producers at the offset it is named for:
 *
 *    0 version  i16  1     2 crc  u32 of the bytes behind it     6 count  i32     10 entries of 46 bytes:
 *
 *    0 producerId    i64    14 lastOffset   i64    34 coordinatorEpoch     i32
 *    8 epoch         i16    22 offsetDelta  i32    38 currentTxnFirstOffset i64
 *   10 lastSequence  i32    26 timestamp    i64        (-1 none)
 *
 * It has room for each producer's last batch only, so that a retry of an earlier one would be refused after a restart.
 */
const snapshotVersion = 1
const snapshotHeaderBytes = 10
const snapshotEntryBytes = 46

/**
 * Kafka's form of what is known of the producers, for its tools and as the last resort of recovery;
 * {@link writeProducers} is ours, and whole.
 */
export const writeSnapshot = (entries: readonly ProducerEntry[]): Uint8Array => {
  const bytes = new Uint8Array(snapshotHeaderBytes + entries.length * snapshotEntryBytes)
  writeInt16(bytes, 0, snapshotVersion)
  writeInt32(bytes, 6, entries.length)
  let at = snapshotHeaderBytes
  for (const entry of entries) {
    const last = entry.batches.at(-1)
    writeInt64(bytes, at, entry.producerId)
    writeInt16(bytes, at + 8, entry.epoch)
    writeInt32(bytes, at + 10, last?.lastSequence ?? none)
    writeInt64(bytes, at + 14, last?.lastOffset ?? none)
    writeInt32(bytes, at + 22, last === undefined ? 0 : last.lastOffset - last.baseOffset)
    writeInt64(bytes, at + 26, entry.lastAppendMs)
    writeInt32(bytes, at + 34, entry.coordinatorEpoch)
    writeInt64(bytes, at + 38, entry.openTransaction)
    at += snapshotEntryBytes
  }
  writeInt32(bytes, 2, crc32c(bytes, 6))
  return bytes
}

/** `undefined` where the bytes are not what {@link writeSnapshot} wrote. */
export const readSnapshot = (bytes: Uint8Array): readonly ProducerEntry[] | undefined => {
  if (bytes.length < snapshotHeaderBytes || readInt16(bytes, 0) !== snapshotVersion) return undefined
  if (readInt32(bytes, 2) >>> 0 !== crc32c(bytes, 6)) return undefined
  const count = readInt32(bytes, 6)
  if (bytes.length !== snapshotHeaderBytes + count * snapshotEntryBytes) return undefined
  return Array.from({ length: count }, (_, index) =>
    snapshotEntry(bytes, snapshotHeaderBytes + index * snapshotEntryBytes),
  )
}

const snapshotEntry = (bytes: Uint8Array, at: number): ProducerEntry => {
  const lastSequence = readInt32(bytes, at + 10)
  const lastOffset = readInt64(bytes, at + 14)
  const offsetDelta = readInt32(bytes, at + 22)
  const last: AcceptedBatch = {
    baseSequence: sequenceBefore(lastSequence, offsetDelta),
    lastSequence,
    baseOffset: lastOffset - offsetDelta,
    lastOffset,
    timestamp: -1,
  }
  return {
    producerId: readInt64(bytes, at),
    epoch: readInt16(bytes, at + 8),
    coordinatorEpoch: readInt32(bytes, at + 34),
    lastAppendMs: readInt64(bytes, at + 26),
    openTransaction: readInt64(bytes, at + 38),
    batches: lastSequence === none ? [] : [last],
  }
}

/*
 * .sequences, beside it, and in each checkpoint of the journal: the same without the loss.
 *
 *    0 crc  u32 of the bytes behind it     4 count  i32     8 entries of 31 bytes and 32 a batch:
 *
 *    0 producerId        i64    10 coordinatorEpoch  i32    22 openTransaction  i64
 *    8 epoch             i16    14 lastAppendMs      i64    30 batches          u8, each:
 *
 *    0 baseSequence  i32    4 lastSequence  i32    8 baseOffset  i64    16 lastOffset  i64    24 timestamp  i64
 */
const headerBytes = 8
const entryBytes = 31
const batchBytes = 32

/** All that is known of the producers, so that a restart does not shorten the memory of their last batches. */
export const writeProducers = (entries: readonly ProducerEntry[]): Uint8Array => {
  const batches = entries.reduce((sum, entry) => sum + entry.batches.length, 0)
  const bytes = new Uint8Array(headerBytes + entries.length * entryBytes + batches * batchBytes)
  writeInt32(bytes, 4, entries.length)
  let at = headerBytes
  for (const entry of entries) {
    writeInt64(bytes, at, entry.producerId)
    writeInt16(bytes, at + 8, entry.epoch)
    writeInt32(bytes, at + 10, entry.coordinatorEpoch)
    writeInt64(bytes, at + 14, entry.lastAppendMs)
    writeInt64(bytes, at + 22, entry.openTransaction)
    bytes[at + 30] = entry.batches.length
    at += entryBytes
    for (const batch of entry.batches) {
      writeInt32(bytes, at, batch.baseSequence)
      writeInt32(bytes, at + 4, batch.lastSequence)
      writeInt64(bytes, at + 8, batch.baseOffset)
      writeInt64(bytes, at + 16, batch.lastOffset)
      writeInt64(bytes, at + 24, batch.timestamp)
      at += batchBytes
    }
  }
  writeInt32(bytes, 0, crc32c(bytes, 4))
  return bytes
}

/** `undefined` where the bytes are not what {@link writeProducers} wrote. */
export const readProducers = (bytes: Uint8Array): readonly ProducerEntry[] | undefined => {
  if (bytes.length < headerBytes || readInt32(bytes, 0) >>> 0 !== crc32c(bytes, 4)) return undefined
  const entries: ProducerEntry[] = []
  let at = headerBytes
  for (let left = readInt32(bytes, 4); left > 0; left--) {
    const batches: AcceptedBatch[] = []
    const entry: ProducerEntry = {
      producerId: readInt64(bytes, at),
      epoch: readInt16(bytes, at + 8),
      coordinatorEpoch: readInt32(bytes, at + 10),
      lastAppendMs: readInt64(bytes, at + 14),
      openTransaction: readInt64(bytes, at + 22),
      batches,
    }
    const end = at + entryBytes + (bytes[at + 30] ?? 0) * batchBytes
    for (at += entryBytes; at < end; at += batchBytes) batches.push(acceptedBatch(bytes, at))
    entries.push(entry)
  }
  return entries
}

const acceptedBatch = (bytes: Uint8Array, at: number): AcceptedBatch => ({
  baseSequence: readInt32(bytes, at),
  lastSequence: readInt32(bytes, at + 4),
  baseOffset: readInt64(bytes, at + 8),
  lastOffset: readInt64(bytes, at + 16),
  timestamp: readInt64(bytes, at + 24),
})
