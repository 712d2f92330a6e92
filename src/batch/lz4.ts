import { optionalPackage } from './optional-package.ts'

/* LZ4 in its frame format, as Kafka has it: a header, blocks behind their lengths (little-endian), an end mark. */

interface Lz4 {
  readonly compressFrameSync: (input: Buffer) => Uint8Array
  readonly decompressFrameSync: (input: Buffer) => Uint8Array
}

export const requireLz4: () => Lz4 = optionalPackage('Compression with lz4', 'lz4-napi')

export const compressLz4 = (records: Uint8Array): Uint8Array => requireLz4().compressFrameSync(bufferOf(records))

/** Throws where `bytes` are not one whole frame, or hold more than `maxBytes`, before anything of that size is made. */
export const decompressLz4 = (bytes: Uint8Array, maxBytes: number): Uint8Array => {
  const { decompressFrameSync } = requireLz4()
  // The bound is cheap and nearly always enough.
  if (frameHolds(bytes, blockBound) > maxBytes) {
    const sizeBytes = frameHolds(bytes, blockContent)
    if (sizeBytes > maxBytes) throw new RangeError(`they hold ${sizeBytes}`)
  }
  return decompressFrameSync(bufferOf(bytes))
}

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

const frameMagic = 0x184d2204
const blockChecksumFlag = 0x10
const contentSizeFlag = 0x08
const contentChecksumFlag = 0x04
const dictionaryFlag = 0x01
const storedFlag = 0x80000000

/** What a compressed block from `from` to `end` holds, where the frame's blocks hold `blockBytesMax` at most. */
type BlockSize = (bytes: Uint8Array, from: number, end: number, blockBytesMax: number) => number

/** No sequence makes more than this of its bytes. */
const growthMax = 255

const blockBound: BlockSize = (_, from, end, blockBytesMax) => Math.min(blockBytesMax, (end - from) * growthMax)

/** Adds up the lengths in a block's sequences, without following them: literals, then a match of 4 bytes or more. */
const blockContent: BlockSize = (bytes, from, end) => {
  let sizeBytes = 0
  let at = from
  const lengthOf = (halfByte: number): number => {
    let length = halfByte
    if (halfByte === 15) {
      let more = 255
      while (more === 255 && at < end) {
        more = bytes[at++] as number
        length += more
      }
    }
    return length
  }
  while (at < end) {
    const token = bytes[at++] as number
    const literals = lengthOf(token >> 4)
    at += literals
    sizeBytes += literals
    // The last sequence has no match.
    if (at >= end) break
    at += 2
    sizeBytes += lengthOf(token & 15) + 4
  }
  return sizeBytes
}

/** What the blocks of a frame hold by `blockSize`. Throws a `RangeError` where `bytes` are not one whole frame. */
const frameHolds = (bytes: Uint8Array, blockSize: BlockSize): number => {
  const flags = bytes[4] ?? 0
  const blockBytesMax = blockSizes[((bytes[5] ?? 0) >> 4) & 7]
  if (bytes.length < 7 || littleEndian(bytes, 0) !== frameMagic) throw new RangeError('this is no frame')
  if (flags >> 6 !== 1 || (flags & dictionaryFlag) !== 0 || blockBytesMax === undefined)
    throw new RangeError(`the frame's flags ${flags} and ${bytes[5]} are unknown`)
  let sizeBytes = 0
  let at = (flags & contentSizeFlag) !== 0 ? 15 : 7
  const checksumBytes = (flags & blockChecksumFlag) !== 0 ? 4 : 0
  for (;;) {
    if (at + 4 > bytes.length) throw new RangeError('the frame has no end')
    const length = littleEndian(bytes, at)
    at += 4
    if (length === 0) break
    const takes = length & ~storedFlag
    if (takes > bytes.length - at) throw new RangeError('a block is cut short')
    sizeBytes += length >= storedFlag ? takes : blockSize(bytes, at, at + takes, blockBytesMax)
    at += takes + checksumBytes
  }
  if ((flags & contentChecksumFlag) !== 0) at += 4
  if (at !== bytes.length) throw new RangeError(`the frame ends at byte ${at} of ${bytes.length}`)
  return sizeBytes
}

/** By the number in the frame's header, in bytes. */
const blockSizes: readonly (number | undefined)[] = [
  ...Array.from({ length: 4 }, () => undefined),
  ...[64, 256, 1024, 4096].map((kibibytes) => kibibytes * 1024),
]

const littleEndian = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)) >>>
  0
