import { optionalPackage } from './optional-package.ts'

/* LZ4 in its frame format, as Kafka has it: a header, blocks behind their lengths (little-endian), an end mark. */

interface Lz4 {
  readonly compressFrameSync: (input: Buffer) => Uint8Array
  readonly decompressFrameSync: (input: Buffer) => Uint8Array
}

export const requireLz4: () => Lz4 = optionalPackage('Compression with lz4', 'lz4-napi')

export const compressLz4 = (records: Uint8Array): Uint8Array => requireLz4().compressFrameSync(bufferOf(records))

/** Throws where `bytes` are not one whole frame, or where its blocks may hold more than `maxBytes`. */
export const decompressLz4 = (bytes: Uint8Array, maxBytes: number): Uint8Array => {
  const { decompressFrameSync } = requireLz4()
  const capacityBytes = frameCapacity(bytes)
  if (capacityBytes > maxBytes) throw new RangeError(`the blocks may hold ${capacityBytes}`)
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

/** No sequence of LZ4 makes more of its bytes. */
const growthMax = 255

/**
 * What the blocks of a frame hold at most: none is larger than the header says, nor {@link growthMax} times what it
 * takes. Full blocks hold about that, so that the bound is close; the true size is only known by decompressing.
 */
const frameCapacity = (bytes: Uint8Array): number => {
  const flags = bytes[4] ?? 0
  const blockBytesMax = blockSizes[((bytes[5] ?? 0) >> 4) & 7]
  if (bytes.length < 7 || littleEndian(bytes, 0) !== frameMagic) throw new RangeError('this is no frame')
  if (flags >> 6 !== 1 || (flags & dictionaryFlag) !== 0 || blockBytesMax === undefined)
    throw new RangeError(`the frame's flags ${flags} and ${bytes[5]} are unknown`)
  let capacity = 0
  let at = (flags & contentSizeFlag) !== 0 ? 15 : 7
  const checksumBytes = (flags & blockChecksumFlag) !== 0 ? 4 : 0
  for (;;) {
    if (at + 4 > bytes.length) throw new RangeError('the frame has no end')
    const length = littleEndian(bytes, at)
    at += 4
    if (length === 0) break
    const takes = length & ~storedFlag
    if (takes > bytes.length - at) throw new RangeError('a block is cut short')
    capacity += length >= storedFlag ? takes : Math.min(blockBytesMax, takes * growthMax)
    at += takes + checksumBytes
  }
  if ((flags & contentChecksumFlag) !== 0) at += 4
  if (at !== bytes.length) throw new RangeError(`the frame ends at byte ${at} of ${bytes.length}`)
  return capacity
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
