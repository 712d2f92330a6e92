import * as E from 'fp-ts/lib/Either.js'
import { type Codec, EncodeError } from '../contracts/codec.ts'
import { shown, undecodable } from './decode-error.ts'
import { inPlace } from './in-place.ts'
import { jsonCodec } from './json.ts'
import { keyFormOf } from './key-form.ts'
import { onlyStrings } from './only-strings.ts'
import { readerOf } from './read-schema.ts'
import { isIoTs, isStandard, type RoundTrip, type Schema, type TypeOf } from './schema.ts'
import { text, textInPlace } from './text.ts'

// biome-ignore lint/suspicious/noExplicitAny: a codec is invariant, so only `any` admits every codec
type AnyCodec = Codec<any>

/** What a topic takes for its keys and values: a codec, or a schema that stands for one. */
export type Field = Schema | AnyCodec

/** The values of a {@link Field}. */
export type FieldOf<F> = F extends Schema ? TypeOf<F> : F extends Codec<infer A> ? A : never

/** {@link RoundTrip}, for a {@link Field}. */
export type WritableField<F> = F extends Schema ? RoundTrip<F> : unknown

/** The codec of a value: a codec as it is, a schema as JSON. Throws a `TypeError` for anything else. */
export const valueCodec = <A>(field: Field): Codec<A> => (isCodec(field) ? field : jsonCodec<A>(field))

/**
 * The codec of a key: equal keys, equal bytes. A schema of strings is text, which is what a string key is everywhere in
 * Kafka; any other is canonical JSON. Throws a `TypeError` for what is neither codec nor schema.
 */
export const keyCodec = <A>(field: Field): Codec<A> => {
  if (isCodec(field)) return keyFormOf(field)
  const codec = keyFormOf(jsonCodec<A>(field))
  switch (onlyStrings(field)) {
    case 'yes':
      return checkedText(field)
    case 'no':
      return codec
    case 'unknown':
      return withoutStrings(codec)
  }
}

const isCodec = (field: Field): field is AnyCodec =>
  typeof field === 'object' &&
  field !== null &&
  !isIoTs(field) &&
  !isStandard(field) &&
  'encode' in field &&
  'decode' in field

/** Text that `schema` has a say about as well. */
const checkedText = <A>(schema: Schema): Codec<A> => {
  const reader = readerOf(schema)
  const name = reader.name === 'string' ? 'text' : `text(${reader.name})`
  const checked: Codec<A> = {
    name,
    encode: (value) => text.encode(reader.write(value) as string),
    decode: (bytes) => {
      const spelled = text.decode(bytes)
      if (E.isLeft(spelled)) return spelled
      const read = reader.read(spelled.right)
      return E.isRight(read) ? (read as E.Right<A>) : undecodable(name, read.left)
    },
  }
  return inPlace(checked, {
    read: (bytes, from, to) => {
      const spelled = textInPlace.read(bytes, from, to)
      if (spelled === undefined) return undefined
      const read = reader.read(spelled)
      return E.isRight(read) ? (read.right as A) : undefined
    },
    write: (value, into) => {
      // looked at before the schema is asked, so that it is asked once
      const length = textInPlace.write(value as string, into)
      if (length < 0) return -1
      const plain = reader.write(value)
      return plain === value ? length : textInPlace.write(plain as string, into)
    },
  })
}

/** Refuses to guess: of this schema nobody knows whether a string of it is a text or a piece of JSON. */
const withoutStrings = <A>(codec: Codec<A>): Codec<A> => ({
  ...codec,
  encode: (value) => {
    if (typeof value === 'string')
      throw new EncodeError(
        `the key ${shown(value)} is a string, of a schema that does not say whether all its keys are: ` +
          `pass text for raw UTF-8, or json(schema) for JSON`,
      )
    return codec.encode(value)
  },
})
