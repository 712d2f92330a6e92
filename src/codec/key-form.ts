import type { Codec } from '../contracts/codec.ts'

/** Under which a codec keeps the codec that stands in for it where it writes keys. */
export const keyForm: unique symbol = Symbol('millrace.keyForm')

/** A codec that has more than one spelling for a value, and the one with a single spelling for keys. */
export interface KeyForm<A> extends Codec<A> {
  readonly [keyForm]: Codec<A>
}

/** `codec` as it writes keys: equal keys, equal bytes. */
export const keyFormOf = <A>(codec: Codec<A>): Codec<A> => (keyForm in codec ? (codec as KeyForm<A>)[keyForm] : codec)
