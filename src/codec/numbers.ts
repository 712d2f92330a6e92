import * as E from 'fp-ts/lib/Either.js'
import { type Codec, EncodeError } from '../contracts/codec.ts'
import { shown, undecodable } from './decode-error.ts'

const high = 2 ** 32

const numberCodec = (
  name: string,
  sizeBytes: number,
  takes: string,
  fits: (value: unknown) => boolean,
  write: (bytes: Buffer, value: number) => void,
  read: (view: DataView) => number,
): Codec<number> => ({
  name,
  encode: (value) => {
    if (!fits(value)) throw new EncodeError(`${name} cannot write ${shown(value)}: it takes ${takes}`)
    // out of Node's pool: a buffer of its own takes ten times as long as the number
    const bytes = Buffer.allocUnsafe(sizeBytes)
    write(bytes, value)
    return bytes
  },
  decode: (bytes) => {
    if (bytes === null) return undecodable(name, [`there are no bytes: use nullable(${name}) where that is allowed`])
    if (bytes.length !== sizeBytes) return undecodable(name, [`takes ${sizeBytes} bytes, got ${bytes.length}`])
    const value = read(new DataView(bytes.buffer, bytes.byteOffset, sizeBytes))
    return fits(value) ? E.right(value) : undecodable(name, [`${value} is past 2^53 - 1, where numbers have gaps`])
  },
})

/** 4 bytes, big-endian, two's complement, as Kafka's `IntegerSerializer` writes them: whole numbers of 32 bits. */
export const int32: Codec<number> = numberCodec(
  'int32',
  4,
  'whole numbers from -2^31 to 2^31 - 1',
  (value) => typeof value === 'number' && value === ~~value,
  (bytes, value) => bytes.writeInt32BE(value),
  (view) => view.getInt32(0),
)

/**
 * 8 bytes, big-endian, two's complement, as Kafka's `LongSerializer` writes them; in a program, a `number`.
 *
 * **Errors** what is past 2^53 - 1 either way is refused in both directions, never rounded.
 */
export const int64: Codec<number> = numberCodec(
  'int64',
  8,
  'whole numbers from -(2^53 - 1) to 2^53 - 1',
  Number.isSafeInteger,
  (bytes, value) => {
    bytes.writeInt32BE(Math.floor(value / high))
    bytes.writeUInt32BE(value >>> 0, 4)
  },
  (view) => view.getInt32(0) * high + view.getUint32(4),
)

/** 8 bytes, big-endian IEEE 754, as Kafka's `DoubleSerializer` writes them: every number, `NaN` and infinities too. */
export const float64: Codec<number> = numberCodec(
  'float64',
  8,
  'numbers',
  (value) => typeof value === 'number',
  (bytes, value) => bytes.writeDoubleBE(value),
  (view) => view.getFloat64(0),
)
