import * as E from 'fp-ts/lib/Either.js'
import { type Codec, EncodeError } from '../contracts/codec.ts'
import { shown, undecodable } from './decode-error.ts'
import { type InPlace, inPlace } from './in-place.ts'
import { fromUtf8, shortAsciiIn, utf8, writeShortAscii } from './utf-8.ts'

const spelled: Codec<string> = {
  name: 'text',
  encode: (value) => {
    if (typeof value !== 'string') throw new EncodeError(`text cannot write ${shown(value)}: it takes strings`)
    if (!value.isWellFormed())
      throw new EncodeError(`text cannot write ${shown(value)}: it has a lone surrogate, so UTF-8 has no bytes for it`)
    return utf8(value)
  },
  decode: (bytes) => {
    if (bytes === null) return undecodable('text', ['there are no bytes: use nullable(text) where that is allowed'])
    try {
      return E.right(fromUtf8(bytes))
    } catch {
      return undecodable('text', [`these ${bytes.length} bytes are not UTF-8`])
    }
  },
}

/** How text is read and written in place, also by what has a say about it besides. */
export const textInPlace: Required<InPlace<string>> = {
  read: shortAsciiIn,
  write: (value, into) => (typeof value === 'string' ? writeShortAscii(value, into) : -1),
}

/**
 * Strings as raw UTF-8, which is what a string key is everywhere in Kafka.
 *
 * **Guarantees** every well-formed string comes back as it was, the empty one and a byte order mark included.
 *
 * **Errors** bytes that are no UTF-8, and absent ones, are a `DecodeError`; a string with a lone surrogate is an
 * `EncodeError`, since UTF-8 has no bytes for it.
 *
 * @example
 * ```ts
 * import { text } from 'millrace'
 *
 * text.encode('né')?.length // => 3
 * ```
 */
export const text: Codec<string> = inPlace(spelled, textInPlace)
