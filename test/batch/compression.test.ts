import { createRequire } from 'node:module'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { type Compressed, compress, decompress } from '../../src/batch/compression.ts'
import { CorruptBatchError } from '../../src/batch/corrupt-batch.ts'
import { optionalPackage } from '../../src/batch/optional-package.ts'
import { openBatch } from '../../src/batch/read-records.ts'
import { noHeaders } from '../../src/batch/record-headers.ts'
import { MillraceError } from '../../src/contracts/failure.ts'
import { batchOf, fromHex, toHex, utf8 } from '../support/raw-batches.ts'

const names: readonly Compressed[] = ['gzip', 'snappy', 'lz4', 'zstd']
const limit = { at: 61, maxBytes: 1_000_000 }
const load = createRequire(import.meta.url)
const snappy = load('snappy') as { compressSync: (bytes: Uint8Array) => Uint8Array }
const lz4 = load('lz4-napi') as { compressFrameSync: (bytes: Buffer, options?: object) => Uint8Array }

// Unshrinkable, as a counterexample of half a million bytes helps nobody.
const someBytes = fc.noShrink(
  fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    // Over several blocks of snappy, and of lz4, whose blocks have 256 KiB at most.
    fc.nat({ max: 600_000 }).map((length) => new Uint8Array(length).map((_, i) => (i * i) >> 7)),
  ),
)

/** What `bytes` decompress to, or the reason why not. A throw of any other kind is a failure of the test. */
const outcome = (name: Compressed, bytes: Uint8Array, maxBytes = 1_000_000): Uint8Array | string => {
  try {
    return decompress(name, bytes, { at: 61, maxBytes })
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error
    return error.corrupt.reason
  }
}

describe.each(names)('%s', (name) => {
  it('undoes what it did, within exactly the bytes that there are', () =>
    fc.assert(
      fc.property(someBytes, (bytes) => {
        const packed = compress(name, bytes)
        expect(Buffer.compare(decompress(name, packed, { at: 61, maxBytes: Math.max(bytes.length, 1) }), bytes)).toBe(0)
        if (bytes.length > 1) expect(outcome(name, packed, bytes.length - 1)).toMatch(/bytes or fewer/)
      }),
      { numRuns: 30 },
    ))

  it('of other bytes, cut or changed anywhere, is corrupt or some bytes within the limit', () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(), (bytes, seed) => {
        const packed = compress(name, bytes)
        for (let at = 0; at < packed.length; at++) {
          expect(outcome(name, packed.subarray(0, at))).not.toEqual(Buffer.from(bytes))
          const flipped = packed.map((byte, i) => (i === at ? byte ^ (1 << ((seed + at) & 7)) : byte))
          expect(outcome(name, flipped).length).toBeLessThanOrEqual(1_000_000)
        }
      }),
      { numRuns: 20 },
    ))

  it('of random bytes is corrupt or some bytes within the limit', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (noise, headed) => {
        const bytes = headed ? Buffer.concat([compress(name, utf8('')).subarray(0, 16), noise]) : noise
        expect(outcome(name, bytes).length).toBeLessThanOrEqual(1_000_000)
      }),
      { numRuns: 300 },
    ))

  it('that would become more than the limit is corrupt, and takes no memory to find out', () => {
    const bomb = compress(name, new Uint8Array(50_000_000))
    const before = process.memoryUsage()
    expect(outcome(name, bomb)).toMatch(/do not decompress with .* into 1000000 bytes or fewer/)
    const { external, heapUsed } = process.memoryUsage()
    expect(external + heapUsed - before.external - before.heapUsed).toBeLessThan(20_000_000)
  })

  it('stays within the limit that opening a batch was given', () => {
    const batch = batchOf([{ key: null, value: new Uint8Array(100_000), headers: noHeaders, timestamp: 1 }], name)
    expect(E.isRight(openBatch(batch))).toBe(true)
    const refused = openBatch(batch, { maxBytes: 50_000 })
    expect(E.isLeft(refused) && refused.left).toMatchObject({ position: 61, reason: /50000 bytes or fewer/ })
  })
})

describe('snappy', () => {
  it('is framed as the Java library does it', () => {
    const text = utf8('hello, hello, hello, hello')
    const block = snappy.compressSync(text)
    expect(toHex(compress('snappy', text))).toBe(
      `82534e41505059000000000100000001${block.length.toString(16).padStart(8, '0')}${toHex(block)}`,
    )
  })

  it('is also read as the one bare block that other clients write', () =>
    fc.assert(
      fc.property(someBytes, (bytes) => {
        expect(Buffer.compare(decompress('snappy', snappy.compressSync(bytes), limit), bytes)).toBe(0)
      }),
      { numRuns: 20 },
    ))

  it.each([
    ['states 4 GiB', 'ffffffff0f00', /6 bytes state 4294967295/],
    ['states more than its bytes can become', 'ffff3d00', /4 bytes state 1015807/],
    ['has no length', '', /a block has no length/],
    ['has a length of six bytes', '80808080808000', /a block has no length/],
    ['is framed, and its block is cut', '82534e4150505900000000010000000100000009aa', /block 0 is cut short/],
    ['is framed, and a block has a negative length', '82534e41505059000000000100000001ffffffff', /is cut short/],
    ['has only half of the frame header', '82534e41505059000000', /the header is cut short/],
  ])('that %s is corrupt', (_what, hex, reason) => {
    expect(outcome('snappy', fromHex(hex))).toMatch(reason)
  })
})

describe('lz4', () => {
  it('is written with independent blocks, without which Kafka does not read it', () => {
    const frame = compress('lz4', utf8('hello'))
    expect([toHex(frame.subarray(0, 4)), (frame[4] as number) & 0xe3]).toEqual(['04224d18', 0x60])
  })

  it('is read with checksums of blocks and content too', () => {
    const bytes = Buffer.alloc(300_000, 'checksums ')
    const frame = lz4.compressFrameSync(bytes, { contentChecksum: true, blockChecksums: true })
    expect(Buffer.compare(decompress('lz4', frame, limit), bytes)).toBe(0)
    expect(outcome('lz4', frame.subarray(0, -1))).toMatch(/the frame ends at byte/)
  })

  it.each([
    ['is followed by more bytes', '04224d18604082000000001122', /ends at byte 11 of 13/],
    ['has no end', '04224d18604082', /has no end/],
    ['needs a dictionary', '04224d186140820000000000', /flags 97 and 64 are unknown/],
    ['has blocks of unknown size', '04224d1860008200000000', /flags 96 and 0 are unknown/],
    ['has a block of 2 GiB', '04224d18604082ffffff7f00', /a block is cut short/],
    ['has none of its marks', '04224d19604082000000000000', /this is no frame/],
    ['has nothing', '', /this is no frame/],
  ])('that %s is corrupt', (_what, hex, reason) => {
    expect(outcome('lz4', fromHex(hex))).toMatch(reason)
  })
})

describe.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const)('%s', (name, packer) => {
  it('is what every other program writes', () => {
    expect(Buffer.from(decompress(name, packer(utf8('plain')), limit)).toString()).toBe('plain')
  })
})

describe('an optional package', () => {
  it('that is missing is named, with the command that installs it, each time', () => {
    const load = optionalPackage('Compression with nothing', 'millrace-no-such-package')
    for (let i = 0; i < 2; i++)
      expect(load).toThrow(
        /^Compression with nothing needs the package millrace-no-such-package, .*: npm install millrace-no-such-package \[/,
      )
    expect(load).toThrow(MillraceError)
    expect(load).toThrow(expect.objectContaining({ code: 'missing-package', kind: 'refused' }))
  })
})
