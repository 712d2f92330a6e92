import * as E from 'fp-ts/lib/Either.js'
import type { Codec } from '../contracts/codec.ts'
import { isCodecLike, refuseArgument } from './arguments.ts'
import { inPlace, inPlaceOf } from './in-place.ts'
import { type KeyForm, keyForm, keyFormOf } from './key-form.ts'
import { isIoTs } from './schema.ts'

/**
 * `codec`, and `null` as the absence of bytes: a record without a key, or a tombstone.
 *
 * @example
 * ```ts
 * import { nullable, text } from 'millrace'
 *
 * nullable(text).encode(null) // => null
 * ```
 */
export const nullable = <A>(codec: Codec<A>): Codec<A | null> => {
  if (!isCodecLike(codec) || isIoTs(codec))
    refuseArgument('nullable(…)', 'a codec', codec, 'write nullable(text), or nullable(json(schema))')
  const either: KeyForm<A | null> = Object.assign(orNull(codec), { [keyForm]: orNull(keyFormOf(codec)) })
  return either
}

const orNull = <A>(codec: Codec<A>): Codec<A | null> => {
  const either: Codec<A | null> = {
    name: `nullable(${codec.name})`,
    encode: (value) => (value === null ? null : codec.encode(value)),
    decode: (bytes) => (bytes === null ? E.right(null) : codec.decode(bytes)),
  }
  const ways = inPlaceOf(codec)
  if (ways === undefined) return either
  const { read, write } = ways
  if (write === undefined) return inPlace(either, { read })
  return inPlace(either, { read, write: (value, into) => (value === null ? -1 : write(value, into)) })
}
