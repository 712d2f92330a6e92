import * as E from 'fp-ts/lib/Either.js'
import { BatchBuilder } from '../src/batch/batch-builder.ts'
import { openBatch, type RecordCursor } from '../src/batch/read-records.ts'
import { checkBatch, seal } from '../src/batch/record-batch.ts'
import { noHeaders } from '../src/batch/record-headers.ts'
import type { Measurement } from './measurement.ts'

const valueBytes = 84
const batchSizes = [1, 16, 256, 4096]
const recordsPerRound = 400_000
const rounds = 12

const keys = Array.from({ length: 1024 }, (_, i) => Buffer.from(`key-${String(i).padStart(12, '0')}`))
const values = keys.map((key) => Buffer.concat([key, Buffer.alloc(valueBytes)]).subarray(0, valueBytes))

const builder = new BatchBuilder({ compression: 'none' })

const fill = (count: number): void => {
  for (let i = 0; i < count; i++)
    builder.add(keys[i & 1023] as Buffer, values[i & 1023] as Buffer, noHeaders, 1_700_000_000_000 + i)
}

const encode = (count: number): Uint8Array => {
  fill(count)
  return builder.build()
}

const encodeAndSeal = (count: number): Uint8Array => {
  const batch = encode(count)
  seal(batch, { producerId: 7, producerEpoch: 1, baseSequence: 0, transactional: true })
  return batch
}

const open = (batch: Uint8Array, checkCrc: boolean): RecordCursor => {
  const opened = openBatch(batch, { checkCrc })
  if (E.isLeft(opened)) throw new Error(opened.left.reason)
  return opened.right
}

// What is read goes into a sum, so that none of it can be left out.
let sum = 0

const read = (batch: Uint8Array, checkCrc: boolean): void => {
  const cursor = open(batch, checkCrc)
  while (cursor.next()) sum += cursor.offset + cursor.valueBytes
}

const readFields = (batch: Uint8Array): void => {
  const cursor = open(batch, true)
  while (cursor.next()) sum += (cursor.key?.length ?? 0) + (cursor.value?.length ?? 0) + cursor.timestamp
}

const measures: Readonly<Record<string, (batch: Uint8Array, count: number) => void>> = {
  'encode + CRC': (_, count) => void encode(count),
  'encode + CRC + seal': (_, count) => void encodeAndSeal(count),
  'check (CRC)': (batch) => void checkBatch(batch),
  'lazy read': (batch) => read(batch, false),
  'lazy read + CRC': (batch) => read(batch, true),
  'read + CRC, key and value used': (batch) => readFields(batch),
}

const nanosecondsPerRecord = (measure: (batch: Uint8Array, count: number) => void, count: number): number => {
  const batch = encodeAndSeal(count)
  const batches = Math.ceil(recordsPerRound / count)
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < batches; i++) measure(batch, count)
    best = Math.min(best, Number(process.hrtime.bigint() - start) / (batches * count))
  }
  return best
}

/** What a record of 100 bytes costs in a batch, by records a batch: the best of several rounds. */
export const batchCosts = (): readonly Measurement[] => {
  const costs = Object.entries(measures).flatMap(([name, measure]) =>
    batchSizes.map((count) => ({
      name: `batch: ${name}, ${count} records a batch`,
      value: nanosecondsPerRecord(measure, count),
      unit: 'ns/record',
    })),
  )
  if (!Number.isFinite(sum)) throw new Error('unreachable')
  return costs
}
