import type { Codec } from '../contracts/codec.ts'

/**
 * What a codec of ours can do beside its contract, for who has thousands of fields in one array: read one where it lies,
 * and write one where it is wanted, without an array or an `Either` for each. It comes to the same as the codec does.
 */
export interface InPlace<A> {
  /**
   * Reads the bytes of `bytes` between `from` and `to`; `undefined` where `decode` is to say what they are. As long as they
   * are read from, `bytes` do not change.
   */
  readonly read: (bytes: Uint8Array, from: number, to: number) => A | undefined
  /** Writes `value` at the beginning of `into` and answers how long it is; -1 where `encode` is to do it. */
  readonly write?: (value: A, into: Uint8Array) => number
}

// Not a property of the codec: `{ ...text, decode }` would have it too, and be passed over.
// biome-ignore lint/suspicious/noExplicitAny: what a codec is of, its ways are of
const known = new WeakMap<Codec<any>, InPlace<any>>()

/** `codec`, of which it is known from now on that it works in place. */
export const inPlace = <A>(codec: Codec<A>, ways: InPlace<A>): Codec<A> => {
  known.set(codec, ways)
  return codec
}

/** How `codec` works in place, where it does. */
export const inPlaceOf = <A>(codec: Codec<A>): InPlace<A> | undefined => known.get(codec)
