import * as E from 'fp-ts/lib/Either.js'
import { type Codec, EncodeError } from '../contracts/codec.ts'
import { shown, undecodable } from './decode-error.ts'
import { inPlace } from './in-place.ts'
import { ownCopy, ownCopyOf } from './own-bytes.ts'

const asTheyAre: Codec<Uint8Array> = {
  name: 'bytes',
  encode: (value) => {
    if (!(value instanceof Uint8Array)) throw new EncodeError(`bytes cannot write ${shown(value)}: it takes Uint8Array`)
    return value
  },
  decode: (read) =>
    read === null
      ? undecodable('bytes', ['there are no bytes: use nullable(bytes) where that is allowed'])
      : E.right(ownCopy(read)),
}

/**
 * Bytes as they are.
 *
 * **Guarantees** what is read is a copy of its own: the fetched batch that it lay in is used again.
 *
 * **Errors** absent bytes are a `DecodeError` (`nullable(bytes)` knows them); what is no `Uint8Array` is an `EncodeError`.
 */
export const bytes: Codec<Uint8Array> = inPlace(asTheyAre, { read: ownCopyOf })
