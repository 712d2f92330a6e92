import { type Codec, EncodeError } from '../contracts/codec.ts'
import { undecodable } from './decode-error.ts'

/** In a store's declaration: its keys are written as the topic writes them that the record came from. Any key fits. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the keys of the topic are
export const keyOfTopic: Codec<any> = {
  name: "the topic's key",
  encode: () => {
    throw new EncodeError('a store whose keys are those of a topic is only to be used with a record of it')
  },
  decode: () => undecodable("the topic's key", ['only the topic can read it']),
}

/** From here on four bytes more say how long a key is. */
const longKey = 255

/** A place of `key` in a store with several: no two of any keys are the same. */
export const withPart = (key: Uint8Array, part: Uint8Array): Uint8Array => {
  const from = key.length < longKey ? 1 : 5
  const bytes = new Uint8Array(from + key.length + part.length)
  bytes[0] = Math.min(key.length, longKey)
  if (from > 1) new DataView(bytes.buffer).setUint32(1, key.length)
  bytes.set(key, from)
  bytes.set(part, from + key.length)
  return bytes
}

/** The way back. */
export const partedKey = (bytes: Uint8Array): { readonly key: Uint8Array; readonly part: Uint8Array } => {
  const first = bytes[0] as number
  const from = first < longKey ? 1 : 5
  const length = from === 1 ? first : new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
  return { key: bytes.subarray(from, from + length), part: bytes.subarray(from + length) }
}
