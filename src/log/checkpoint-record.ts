import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from '../batch/big-endian.ts'
import type { PartitionState } from './load-partition.ts'
import { readProducers, writeProducers } from './producer-snapshot.ts'
import type { SegmentState } from './segment.ts'

/** What an acknowledgement survives: a power loss, or the end of the process. */
export type Durability = 'power' | 'process'

/** What a generation of the journal begins with: where every partition stood when all of it was durable. */
export interface CheckpointRecord {
  /** Of the generation that it begins. */
  readonly durability: Durability
  /** The log was closed in good order: there is nothing behind it. */
  readonly clean: boolean
  readonly partitions: readonly PartitionState[]
}

/*
 *    0 version  i16  1     2 durability  u8     3 clean  u8     4 count  i32     8 partitions, each:
 *
 *   length of the topic id u8, the topic id, partition i32, startOffset i64, endOffset i64, the active segment's fields
 *   as i64 in the order below, length of the producers i32, the producers as in a .sequences file
 */
const version = 1
const recordHeaderBytes = 8
const durabilities: readonly Durability[] = ['power', 'process']

const segmentFields: readonly (keyof SegmentState)[] = [
  'baseOffset',
  'sizeBytes',
  'nextOffset',
  'offsetEntries',
  'timeEntries',
  'abortedEntries',
  'bytesSinceEntry',
  'maxTimestamp',
  'maxTimestampOffset',
  'firstAppendMs',
  'lastAppendMs',
]
const partitionBytes = 1 + 4 + 8 + 8 + segmentFields.length * 8 + 4

export const writeCheckpointRecord = ({ durability, clean, partitions }: CheckpointRecord): Uint8Array => {
  const producers = partitions.map((state) => writeProducers(state.producers))
  const total = partitions.reduce(
    (sum, state, index) => sum + partitionBytes + state.topicId.length + (producers[index]?.length ?? 0),
    recordHeaderBytes,
  )
  const bytes = Buffer.alloc(total)
  writeInt16(bytes, 0, version)
  bytes[2] = durabilities.indexOf(durability)
  bytes[3] = clean ? 1 : 0
  writeInt32(bytes, 4, partitions.length)
  let at = recordHeaderBytes
  for (const [index, state] of partitions.entries()) {
    bytes[at] = state.topicId.length
    bytes.write(state.topicId, at + 1, 'latin1')
    at += 1 + state.topicId.length
    writeInt32(bytes, at, state.partition)
    writeInt64(bytes, at + 4, state.startOffset)
    writeInt64(bytes, at + 12, state.endOffset)
    at += 20
    for (const field of segmentFields) {
      writeInt64(bytes, at, state.active[field])
      at += 8
    }
    const entries = producers[index] ?? new Uint8Array(0)
    writeInt32(bytes, at, entries.length)
    bytes.set(entries, at + 4)
    at += 4 + entries.length
  }
  return bytes
}

/** `undefined` where a newer version wrote it. The frame that it lies in has vouched for the bytes. */
export const readCheckpointRecord = (bytes: Uint8Array): CheckpointRecord | undefined => {
  if (readInt16(bytes, 0) !== version) return undefined
  const partitions: PartitionState[] = []
  let at = recordHeaderBytes
  for (let left = readInt32(bytes, 4); left > 0; left--) {
    const idBytes = bytes[at] ?? 0
    const topicId = Buffer.from(bytes.buffer, bytes.byteOffset + at + 1, idBytes).toString('latin1')
    at += 1 + idBytes
    const [partition, startOffset, endOffset] = [
      readInt32(bytes, at),
      readInt64(bytes, at + 4),
      readInt64(bytes, at + 12),
    ]
    at += 20
    const active = Object.fromEntries(
      segmentFields.map((field, index) => [field, readInt64(bytes, at + index * 8)]),
    ) as unknown as SegmentState
    at += segmentFields.length * 8
    const length = readInt32(bytes, at)
    const producers = readProducers(bytes.subarray(at + 4, at + 4 + length)) ?? []
    at += 4 + length
    partitions.push({ topicId, partition, startOffset, endOffset, active, producers })
  }
  return { durability: durabilities[bytes[2] ?? 0] ?? 'power', clean: bytes[3] === 1, partitions }
}
