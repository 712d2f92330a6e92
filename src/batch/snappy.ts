import { readInt32, writeInt32 } from './big-endian.ts'
import { optionalPackage } from './optional-package.ts'

/*
 * Kafka's snappy is that of the Java library: a header, then blocks, each behind its length (i32, big-endian).
 * Some clients write one bare block instead; both are read.
 */

interface Snappy {
  readonly compressSync: (input: Uint8Array) => Uint8Array
  readonly uncompressSync: (input: Uint8Array, options: { readonly asBuffer: true }) => Uint8Array
}

export const requireSnappy: () => Snappy = optionalPackage('Compression with snappy', 'snappy')

/** `\x82SNAPPY\0`, version 1, readable from version 1 on. */
const header = Uint8Array.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const magicBytes = 8

/** The block size of the Java library. */
const blockBytes = 32 * 1024

export const compressSnappy = (records: Uint8Array): Uint8Array => {
  const { compressSync } = requireSnappy()
  const parts: Uint8Array[] = [header]
  for (let at = 0; at < records.length; at += blockBytes) {
    const block = compressSync(records.subarray(at, at + blockBytes))
    const length = new Uint8Array(4)
    writeInt32(length, 0, block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

/** Throws where `bytes` are unsound or hold more than `maxBytes`, before anything of that size is allocated. */
export const decompressSnappy = (bytes: Uint8Array, maxBytes: number): Uint8Array => {
  const { uncompressSync } = requireSnappy()
  const blocks = isFramed(bytes) ? blocksOf(bytes) : [bytes]
  let sizeBytes = 0
  for (const block of blocks) sizeBytes += statedBytes(block)
  if (sizeBytes > maxBytes) throw new RangeError(`they state ${sizeBytes} bytes`)
  const parts = blocks.map((block) => uncompressSync(block, { asBuffer: true }))
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts)
}

const isFramed = (bytes: Uint8Array): boolean => {
  for (let i = 0; i < magicBytes; i++) if (bytes[i] !== header[i]) return false
  return true
}

const blocksOf = (bytes: Uint8Array): Uint8Array[] => {
  const blocks: Uint8Array[] = []
  let at = header.length
  while (at < bytes.length) {
    const length = at + 4 <= bytes.length ? readInt32(bytes, at) : -1
    const from = at + 4
    if (length < 0 || from + length > bytes.length) throw new RangeError(`block ${blocks.length} is cut short`)
    blocks.push(bytes.subarray(from, from + length))
    at = from + length
  }
  if (at !== bytes.length) throw new RangeError('the header is cut short')
  return blocks
}

/** No element of snappy makes more of its bytes: three of them copy 64. */
const growthMax = 22

/** The length that a block begins with, refused where the block is too short to become so long. */
const statedBytes = (block: Uint8Array): number => {
  let stated = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) break
    stated += (byte & 0x7f) * 2 ** (7 * i)
    if (byte >= 0x80) continue
    if (stated > block.length * growthMax) throw new RangeError(`${block.length} bytes state ${stated}`)
    return stated
  }
  throw new RangeError('a block has no length')
}
