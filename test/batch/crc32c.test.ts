import { crc32c as native } from '@node-rs/crc32'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changedCrc32c, crc32c } from '../../src/batch/crc32c.ts'
import { utf8 } from '../support/raw-batches.ts'

const bytes = fc.uint8Array({ maxLength: 700 })

describe('crc32c', () => {
  it('is that of the published check values', () => {
    expect(crc32c(utf8('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(new Uint8Array(0))).toBe(0)
  })

  it('is the same in both implementations, of any part', () =>
    fc.assert(
      fc.property(bytes, fc.nat({ max: 20 }), fc.nat({ max: 20 }), (all, before, after) => {
        const start = Math.min(before, all.length)
        const end = Math.max(start, all.length - after)
        expect(crc32c(all, start, end)).toBe(native(all.subarray(start, end)))
      }),
    ))

  it.each([511, 512, 513, 1_000_003])('is the same in both implementations, of %i bytes', (length) => {
    const all = Uint8Array.from({ length }, (_, i) => (i * 31) ^ (i >> 8))
    expect(crc32c(all)).toBe(native(all))
  })
})

describe('changedCrc32c', () => {
  it('is the CRC of the whole after a part of it was changed', () =>
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.nat(), (head, part, tail, seed) => {
        const changed = part.map((byte, i) => byte ^ (seed >> (i & 7)))
        const whole = crc32c(Buffer.concat([head, part, tail]))
        expect(changedCrc32c(whole, crc32c(part), crc32c(changed), tail.length)).toBe(
          crc32c(Buffer.concat([head, changed, tail])),
        )
      }),
    ))

  it('leaves a wrong CRC wrong, by the same bits', () =>
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), fc.nat(), (crc, was, is, following) => {
        const right = changedCrc32c(crc, was, is, following)
        expect(changedCrc32c((crc ^ 0x80000001) >>> 0, was, is, following)).toBe((right ^ 0x80000001) >>> 0)
      }),
    ))
})
