import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownBytes, ownCopy } from '../../src/codec/own-bytes.ts'

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

describe('ownBytes', () => {
  it('shares its buffer with others, so nobody can transfer it away', () => {
    const buffer = ownBytes(10).buffer as ArrayBuffer
    expect(() => structuredClone(buffer, { transfer: [buffer] })).toThrow('transfer')
    expect(buffer.byteLength).toBeGreaterThan(0)
  })
})
