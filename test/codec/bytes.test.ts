import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { bytes } from '../../src/codec/bytes.ts'
import { obeysCodecLaws } from '../support/codec-laws.ts'

describe('bytes', () => {
  obeysCodecLaws({
    codec: bytes,
    values: fc.uint8Array(),
    strangers: fc.constantFrom(null, undefined, 'text', [1, 2], new ArrayBuffer(2)),
    nullable: false,
  })

  it('copies out of a Buffer, whose slices are views', () => {
    const batch = Buffer.from([1, 2, 3])
    const read = bytes.decode(batch.subarray(1))
    batch.fill(0)
    expect(read).toEqual(E.right(new Uint8Array([2, 3])))
  })
})
