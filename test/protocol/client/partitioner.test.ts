import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyedPartition, murmur2, produced, type Sticky, stick } from '../../../src/protocol/client/partitioner.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const drawing = (at: number) => ({ next: () => at, id: () => new Uint8Array(16) })
const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

/** MurmurHash2 written down a second time, word by word from its description, over BigInt. */
const slowMurmur2 = (bytes: Uint8Array): number => {
  const m = 0x5bd1e995n
  const wrap = (n: bigint) => n & 0xffffffffn
  let h = 0x9747b28cn ^ BigInt(bytes.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const words = Math.floor(bytes.length / 4)
  for (let i = 0; i < words; i++) {
    let k = wrap(BigInt(view.getUint32(i * 4, true)) * m)
    k = wrap((k ^ (k >> 24n)) * m)
    h = wrap(h * m) ^ k
  }
  const tail = [...bytes.subarray(words * 4)]
  if (tail.length > 0) {
    tail.forEach((byte, i) => {
      h ^= BigInt(byte) << BigInt(8 * i)
    })
    h = wrap(h * m)
  }
  h = wrap((h ^ (h >> 13n)) * m)
  return Number(BigInt.asIntN(32, h ^ (h >> 15n)))
}

describe('murmur2', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['abc', 479470107],
  ])('of %j is what Kafka says', (text, hash) => {
    expect(murmur2(utf8(text))).toBe(hash)
  })

  it('agrees with its description for any bytes, wherever they lie', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(5), (bytes, before) => {
        const buffer = new Uint8Array(before + bytes.length + 3).fill(0xaa)
        buffer.set(bytes, before)
        expect(murmur2(buffer.subarray(before, before + bytes.length))).toBe(slowMurmur2(bytes))
      }),
      { numRuns: 500 },
    )
  })
})

describe('keyedPartition', () => {
  it('is a partition, also for the empty key', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1000 }), (key, partitions) => {
        const partition = keyedPartition(key, partitions)
        expect(partition).toBeGreaterThanOrEqual(0)
        expect(partition).toBeLessThan(partitions)
        expect(Number.isInteger(partition)).toBe(true)
      }),
    )
  })
})

describe('the sticky partitioner', () => {
  const available = fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 8 })

  it('stays until a batch is full and ready, and leaves at two batches whatever is', () => {
    fc.assert(
      fc.property(available, fc.array(fc.tuple(fc.nat(60), fc.boolean(), at)), at, (available, sends, first) => {
        let sticky: Sticky = stick({ available }, drawing(first))
        let since = 0
        for (const [bytes, batchReady, at] of sends) {
          since += bytes
          const next = produced(sticky, { bytes, batchBytes: 100, batchReady }, { available }, drawing(at))
          if (since >= 200 || (since >= 100 && batchReady)) {
            expect(next).toEqual({ partition: available[Math.floor(at * available.length)], producedBytes: 0 })
            since = 0
          } else expect(next).toEqual({ partition: sticky.partition, producedBytes: since })
          sticky = next
        }
      }),
    )
  })

  it('draws a partition in proportion to how short its queue is', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { minLength: 1, maxLength: 6 }), (queued) => {
        const weights = queued.map((length) => Math.max(...queued) + 1 - length)
        const total = weights.reduce((a, b) => a + b, 0)
        const choice = { available: queued.map((_, i) => i), queued }
        const drawn = Array.from({ length: total }, (_, i) => stick(choice, drawing((i + 0.5) / total)).partition)
        expect(queued.map((_, i) => drawn.filter((p) => p === i).length)).toEqual(weights)
      }),
    )
  })

  it('names the mistake when nothing is available', () => {
    expect(() => stick({ available: [] }, drawing(0))).toThrow('no partition is available')
  })
})
