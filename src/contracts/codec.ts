import type * as E from 'fp-ts/lib/Either.js'

/**
 * Turns values into the bytes of a record's key or value, and back.
 *
 * `null` is the absent key, or the tombstone; a codec that does not know it refuses it.
 *
 * **Guarantees** `decode(encode(a))` is `Right(a)`; `encode` throws only for a value outside of `A`.
 */
export interface Codec<A> {
  /** For messages: `text`, `json(Order)`. */
  readonly name: string
  /** The bytes of `value`. Throws an {@link EncodeError} for what it cannot write. */
  readonly encode: (value: A) => Uint8Array | null
  /** Reads `bytes`, which it must not keep or change: they may lie in a larger buffer that is used again. */
  readonly decode: (bytes: Uint8Array | null) => E.Either<DecodeError, A>
}

/** Why bytes could not be read. Data, not an exception: a bad record must not stop its partition. */
export interface DecodeError {
  readonly _tag: 'DecodeError'
  /** The codec's name. */
  readonly codec: string
  /** What was wrong, a line each, most specific last: io-ts's report, a validator's issues. */
  readonly report: readonly string[]
}

/** A value that its codec cannot write: a mistake of the program, thrown where the value was handed over. */
export class EncodeError extends Error {
  readonly _tag = 'EncodeError'
  override readonly name = 'EncodeError'
}
