import * as E from 'fp-ts/lib/Either.js'
import { type Codec, EncodeError } from '../contracts/codec.ts'
import { canonicalJson } from './canonical-json.ts'
import { shown, thrownMessage, undecodable } from './decode-error.ts'
import { type KeyForm, keyForm } from './key-form.ts'
import { plainJson } from './plain-json.ts'
import { readerOf, type SchemaReader } from './read-schema.ts'
import type { RoundTrip, Schema, TypeOf } from './schema.ts'
import { fromUtf8, utf8 } from './utf-8.ts'

/**
 * JSON, checked by `schema` when it is read and when it is written: an io-ts type, or any Standard Schema validator that can write what it
 * reads. An io-ts type that transforms is written by its own `encode`.
 *
 * Absent bytes are read as `null`, and `null` is written as no bytes; whether `null` is allowed, the schema says.
 * As a key it is written canonically, so that equal keys are equal bytes.
 *
 * **Guarantees** what is written is read back as it was, save that `-0` becomes `0` and properties that are
 * `undefined` are left out.
 *
 * **Errors** a `DecodeError` has the schema's report, paths and all. `NaN`, infinities, `undefined`, bigints and cycles
 * are an `EncodeError`, never a silent `null`, and so is a value that the schema does not take, whatever the compiler
 * was told: nobody could read it.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { json } from 'millrace'
 *
 * json(t.type({ cents: t.number })).encode({ cents: 7 })?.length // => 11
 * ```
 */
export const json = <S extends Schema>(schema: S & RoundTrip<S>): Codec<TypeOf<S>> => jsonCodec(schema)

/** {@link json} where the compiler cannot see that the schema can write what it reads. */
export const jsonCodec = <A>(schema: Schema): Codec<A> => {
  const reader = readerOf(schema)
  const codec: KeyForm<A> = { ...spelled<A>(reader, plainJson), [keyForm]: spelled<A>(reader, canonicalJson) }
  return codec
}

const spelled = <A>(reader: SchemaReader, spell: (plain: unknown) => string): Codec<A> => {
  const name = `json(${reader.name})`
  return {
    name,
    encode: (value) => {
      try {
        const plain = reader.write(value)
        return plain === null ? null : utf8(spell(plain))
      } catch (thrown) {
        throw new EncodeError(`${name} cannot write ${shown(value)}: ${thrownMessage(thrown)}${hint(value)}`, {
          cause: thrown,
        })
      }
    },
    decode: (bytes) => {
      let plain: unknown = null
      try {
        if (bytes !== null) plain = JSON.parse(fromUtf8(bytes))
      } catch (thrown) {
        return undecodable(name, [
          thrown instanceof SyntaxError ? `not JSON: ${thrown.message}` : `these ${bytes?.length} bytes are not UTF-8`,
        ])
      }
      const read = reader.read(plain)
      return E.isRight(read) ? (read as E.Right<A>) : undecodable(name, read.left)
    },
  }
}

/** `JSON.stringify` is what other clients want first. */
const hint = (value: unknown): string => {
  const isJson = value instanceof Uint8Array || (typeof value === 'string' && /^\s*[[{]/.test(value))
  return isJson ? ' (json makes the text itself: hand over the value, and not its JSON)' : ''
}
