import { describe, expect, it } from 'vitest'
import { place } from '../../src/batch/record-batch.ts'
import { AbortedIndex } from '../../src/log/aborted-index.ts'
import { readCheckpoint, writeCheckpoint } from '../../src/log/checkpoint-file.ts'
import { fileName, offsetInName } from '../../src/log/file-names.ts'
import { LogDirectory } from '../../src/log/log-directory.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { OffsetIndex } from '../../src/log/offset-index.ts'
import { readMetadata, writeMetadata } from '../../src/log/partition-metadata.ts'
import { readProducers, readSnapshot, writeProducers, writeSnapshot } from '../../src/log/producer-snapshot.ts'
import { emptySegment, Segment } from '../../src/log/segment.ts'
import { TimeIndex } from '../../src/log/time-index.ts'
import { batchOf } from '../support/batches.ts'

const directory = () => new LogDirectory(memoryStorage(), '')
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex')
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const producer = {
  producerId: 7,
  epoch: 2,
  coordinatorEpoch: 3,
  lastAppendMs: 1000,
  openTransaction: 40,
  batches: [
    { baseSequence: 2147483647, lastSequence: 1, baseOffset: 40, lastOffset: 42, timestamp: -1 },
    { baseSequence: 2, lastSequence: 2, baseOffset: 50, lastOffset: 50, timestamp: -1 },
  ],
}

describe("Kafka's files, to the byte", () => {
  it('.index: relative offset and position', () => {
    const at = directory()
    const index = new OffsetIndex(at, 100)
    index.append(103, 4200)
    index.append(110, 9000)
    index.entries.flush()
    expect(hex(at.readFile('00000000000000000100.index'))).toBe('00000003000010680000000a00002328')
    expect([99, 102, 103, 109, 110, 500].map((offset) => index.positionFor(offset))).toEqual([
      0, 0, 4200, 4200, 9000, 9000,
    ])
  })

  it('.timeindex: timestamp and relative offset, strictly ascending', () => {
    const at = directory()
    const index = new TimeIndex(at, 100)
    index.append(5, 101)
    index.append(5, 104)
    index.append(4, 105)
    index.append(9, 107)
    index.entries.flush()
    expect(hex(at.readFile('00000000000000000100.timeindex'))).toBe('000000000000000500000001000000000000000900000007')
  })

  it('.txnindex: version, producer, first, last and last stable offset', () => {
    const at = directory()
    const index = new AbortedIndex(at, 0)
    index.append({ producerId: 7, firstOffset: 1, lastOffset: 3, lastStableOffset: 4 })
    index.entries.flush()
    expect(hex(at.readFile('00000000000000000000.txnindex'))).toBe(
      '00000000000000000007000000000000000100000000000000030000000000000004',
    )
  })

  it('.snapshot: version, CRC-32C, count, and the last batch of each producer', () => {
    const bytes = writeSnapshot([producer])
    expect(hex(bytes.subarray(0, 2))).toBe('0001')
    expect(hex(bytes.subarray(6))).toBe(
      '00000001' +
        '0000000000000007' +
        '0002' +
        '00000002' +
        '0000000000000032' +
        '00000000' +
        '00000000000003e8' +
        '00000003' +
        '0000000000000028',
    )
    expect(readSnapshot(bytes)).toEqual([{ ...producer, batches: producer.batches.slice(1) }])
  })

  it('checkpoints and metadata: text', () => {
    const bytes = writeCheckpoint([{ topic: 'a-b', partition: 1, offset: 42 }])
    expect(textOf(bytes)).toBe('0\n1\na-b 1 42\n')
    expect(readCheckpoint(bytes)).toEqual(new Map([['a-b-1', 42]]))
    expect(textOf(writeMetadata('AAAAAAAAAAAAAAAAAAAAAA'))).toBe('version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA\n')
    expect(readMetadata(writeMetadata('AAAAAAAAAAAAAAAAAAAAAA'))).toBe('AAAAAAAAAAAAAAAAAAAAAA')
  })

  it('names: the base offset in 20 digits', () => {
    expect(fileName(42, 'log')).toBe('00000000000000000042.log')
    expect(offsetInName('00000000000000000042.log', 'log')).toBe(42)
    expect(
      ['42.log', '00000000000000000042.log.swap', 'x0000000000000000042.log'].map((name) => offsetInName(name, 'log')),
    ).toEqual([undefined, undefined, undefined])
  })

  it('the index gets an entry once more than the interval was written, before the batch is counted', () => {
    const at = directory()
    const segment = Segment.restore(at, emptySegment(0))
    const sizes = Array.from({ length: 6 }, (_, offset) => {
      const batch = batchOf({ records: [{ key: 'k', value: 'x'.repeat(30), timestamp: 10 + offset }] })
      place(batch, offset, 0)
      segment.append([batch], 250)
      return batch.length
    })
    const size = sizes[0] ?? 0
    expect([size, segment.state]).toMatchObject([size, { offsetEntries: 1, timeEntries: 1, bytesSinceEntry: 3 * size }])
    expect(segment.offsets.positionFor(3)).toBe(3 * size)
    segment.seal()
    expect(segment.times.last).toEqual({ timestamp: 15, offset: 5 })
  })
})

describe('what is ours', () => {
  it('remembers all of a producer’s batches', () => {
    expect(readProducers(writeProducers([producer, { ...producer, producerId: 8, batches: [] }]))).toEqual([
      producer,
      { ...producer, producerId: 8, batches: [] },
    ])
  })

  it('takes nothing that has changed by a bit', () => {
    for (const [write, read] of [
      [writeProducers, readProducers],
      [writeSnapshot, readSnapshot],
    ] as const) {
      const bytes = write([producer])
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(read(bytes)).toBeUndefined()
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      }
    }
  })
})
