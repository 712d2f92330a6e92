import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownBytes, ownCopy, ownCopyOf } from '../../src/codec/own-bytes.ts'

const sizes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 900, maxLength: 1200 }))

describe('ownCopy', () => {
  it('is what it was made of, whatever becomes of that and of its neighbours', () => {
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 30 }), (all) => {
        const copies = all.map((bytes) => ownCopy(bytes))
        const were = all.map((bytes) => [...bytes])
        for (const bytes of all) bytes.fill(1)
        for (const [at, copy] of copies.entries()) {
          expect([...copy]).toEqual(were[at])
          copy.fill(2)
        }
      }),
    )
  })

  it('is a plain array of bytes, also of a Buffer', () => {
    expect(ownCopy(Buffer.from('ab')).constructor).toBe(Uint8Array)
  })
})

describe('ownCopyOf', () => {
  const batches = [5_000, 9_000, 3 * 1024 * 1024].map((size, at) => {
    const bytes = Buffer.alloc(size)
    for (let i = 0; i < size; i++) bytes[i] = (i * 7 + at * 31) % 251
    return bytes
  })
  const step = fc.record({
    batch: fc.nat(2),
    gap: fc.oneof({ weight: 4, arbitrary: fc.nat(9) }, fc.integer({ min: -300, max: 300 })),
    length: fc.oneof({ weight: 4, arbitrary: fc.nat(40) }, { weight: 2, arbitrary: fc.nat(900) }, fc.nat(2_000)),
    repeat: fc.integer({ min: 1, max: 40 }),
  })

  it('is what was there, in whatever order it is asked for, and whatever becomes of the other copies', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const at = [0, 0, 0]
        const kept: { readonly copy: Uint8Array; readonly by: number }[] = []
        let by = 0
        for (const { batch, gap, length, repeat } of steps)
          for (let turn = 0; turn < repeat; turn++) {
            const bytes = batches[batch] as Buffer
            const from = Math.min(Math.max((at[batch] as number) + gap, 0), bytes.length - length)
            at[batch] = from + length
            const copy = ownCopyOf(bytes, from, from + length)
            expect(copy.constructor).toBe(Uint8Array)
            expect(Buffer.compare(copy, bytes.subarray(from, from + length))).toBe(0)
            // whoever has it may write to it
            by += 1
            copy.fill(by)
            kept.push({ copy, by: by & 0xff })
            if (turn % 3 === 0) ownBytes(turn).fill(0xee)
          }
        for (const { copy, by: mark } of kept) expect(copy.every((byte) => byte === mark)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('is copied with those before it where they are asked for one after the other', () => {
    const bytes = Buffer.alloc(2_000, 1)
    const copies = Array.from({ length: 20 }, (_, at) => ownCopyOf(bytes, at * 100 + 20, at * 100 + 100))
    const besides = copies.filter((copy, at) => {
      const before = copies[at - 1]
      return copy.buffer === before?.buffer && copy.byteOffset - before.byteOffset === 100
    })
    // not the first two, nor those between which a pool was used up
    expect(besides.length).toBeGreaterThanOrEqual(15)
  })
})

describe('ownBytes', () => {
  it('shares its buffer with others, so nobody can transfer it away', () => {
    const buffer = ownBytes(10).buffer as ArrayBuffer
    expect(() => structuredClone(buffer, { transfer: [buffer] })).toThrow('transfer')
    expect(buffer.byteLength).toBeGreaterThan(0)
  })
})
