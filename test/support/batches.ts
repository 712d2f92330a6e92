import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { readRecords } from '../../src/batch/read-records.ts'
import { seal } from '../../src/batch/record-batch.ts'
import type { CompressionName } from '../../src/contracts/topic.ts'

export interface TestRecord {
  readonly key: string | null
  readonly value: string | null
  readonly timestamp?: number
}

export interface TestBatch {
  readonly records: readonly TestRecord[]
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  readonly compression?: CompressionName
}

const bytesOf = (text: string | null): Uint8Array | null => (text === null ? null : Buffer.from(text))
const textOf = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString())

/** A batch as a client sends it. */
export const batchOf = (batch: TestBatch): Uint8Array => {
  const builder = new BatchBuilder({ compression: batch.compression ?? 'none' })
  for (const { key, value, timestamp = 1 } of batch.records) {
    builder.add(bytesOf(key), bytesOf(value), new Map(), timestamp)
  }
  const bytes = builder.build()
  const { producerId = -1, producerEpoch = -1, baseSequence = -1, transactional = false } = batch
  seal(bytes, { producerId, producerEpoch, baseSequence, transactional })
  return bytes
}

export interface ReadRecord extends Required<TestRecord> {
  readonly offset: number
}

/** What is in whole batches, from `from` on. */
export const recordsIn = (batches: readonly Uint8Array[], from = 0): readonly ReadRecord[] => {
  const found: ReadRecord[] = []
  for (const batch of batches) {
    const read = readRecords(batch, ({ offset, timestamp, key, value }) => {
      if (offset >= from) found.push({ offset, timestamp, key: textOf(key), value: textOf(value) })
    })
    if (read._tag === 'Left') throw new Error(`a batch that was read is corrupt: ${read.left.reason}`)
  }
  return found
}
