import * as E from 'fp-ts/lib/Either.js'
import { type Codec, EncodeError } from '../contracts/codec.ts'
import { shown, thrownMessage, undecodable } from './decode-error.ts'
import { isPromise } from './is-promise.ts'
import { refuseUnknownOptions } from './known-options.ts'

/** What {@link codec} is made of. */
export interface CodecOptions<A> {
  /** For messages. `codec` where none is given. */
  readonly name?: string
  /** The bytes of `value`; may throw. */
  readonly encode: (value: A) => Uint8Array
  /** Reads `bytes`, which are its own to keep; throws what it cannot read. */
  readonly decode: (bytes: Uint8Array) => A
}

/**
 * A codec of your own: Avro, Protobuf, or a schema that reads more than it can write.
 *
 * **Guarantees** `decode` gets a copy of the bytes, so that it may keep or change them. Absent bytes never reach it:
 * `nullable(codec(…))` knows them.
 *
 * **Errors** what `decode` throws becomes a `DecodeError` with its message; what `encode` throws an `EncodeError` with
 * it as cause. Both are synchronous: a promise is refused.
 *
 * @example
 * ```ts
 * import { codec } from 'millrace'
 *
 * const date = codec<Date>({
 *   name: 'date',
 *   encode: (value) => new TextEncoder().encode(value.toISOString()),
 *   decode: (bytes) => new Date(new TextDecoder().decode(bytes)),
 * })
 * date.encode(new Date(0))?.length // => 24
 * ```
 */
export const codec = <A>(options: CodecOptions<A>): Codec<A> => {
  refuseUnknownOptions('codec(…)', options, ['encode', 'decode', 'name'])
  const { name = 'codec', encode, decode } = options
  if (typeof encode !== 'function' || typeof decode !== 'function')
    throw new TypeError(`codec '${name}' needs two functions, encode and decode`)
  return {
    name,
    encode: (value) => {
      const bytes: unknown = written(name, encode, value)
      if (bytes instanceof Uint8Array) return bytes
      throw new EncodeError(`${name}.encode answered ${what(bytes)}: it must answer a Uint8Array, at once`)
    },
    decode: (bytes) => {
      if (bytes === null) return undecodable(name, [`there are no bytes: use nullable(${name}) where that is allowed`])
      try {
        const value: unknown = decode(new Uint8Array(bytes))
        return isPromise(value)
          ? undecodable(name, ['decode answered a promise: it must answer the value, at once'])
          : E.right(value as A)
      } catch (thrown) {
        return undecodable(name, [thrownMessage(thrown)])
      }
    },
  }
}

const written = <A>(name: string, encode: (value: A) => Uint8Array, value: A): Uint8Array => {
  try {
    return encode(value)
  } catch (thrown) {
    if (thrown instanceof EncodeError) throw thrown
    throw new EncodeError(`${name} cannot write ${shown(value)}: ${thrownMessage(thrown)}`, { cause: thrown })
  }
}

const what = (value: unknown): string => (isPromise(value) ? 'a promise' : shown(value))
