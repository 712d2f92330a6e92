import * as E from 'fp-ts/lib/Either.js'
import { base64, fromBase64 } from '../codec/base-64.ts'
import { canonicalJson } from '../codec/canonical-json.ts'
import { shown } from '../codec/decode-error.ts'
import { float64, int32, int64 } from '../codec/numbers.ts'
import { fromUtf8, utf8 } from '../codec/utf-8.ts'
import { EncodeError } from '../contracts/codec.ts'
import type { BinaryFormat, FieldFormat } from './field-formats.ts'

/** Bytes that are not of the format they were to be shown in, or input that is not of the format it was said to be in. */
export class FieldError extends Error {
  readonly _tag = 'FieldError'
  override readonly name = 'FieldError'
}

/** One format: from what is typed, from what a line of JSON holds, and back. Throws a {@link FieldError}. */
export interface FieldForm {
  readonly fromText: (text: string) => Uint8Array
  readonly fromJson: (json: unknown) => Uint8Array
  readonly toText: (bytes: Uint8Array) => string
  readonly toJson: (bytes: Uint8Array) => unknown
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')

const textOf = (json: unknown, format: FieldFormat, otherwise = ''): string => {
  if (typeof json === 'string') return json
  throw new FieldError(`${shown(json)} is no ${format}: give a string${otherwise}`)
}

const numbers = {
  int32: { codec: int32, takes: 'a whole number from -2^31 to 2^31 - 1', spelling: /^-?\d+$/ },
  int64: { codec: int64, takes: 'a whole number from -(2^53 - 1) to 2^53 - 1', spelling: /^-?\d+$/ },
  float64: {
    codec: float64,
    takes: 'a number, NaN, Infinity or -Infinity',
    spelling: /^(-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|-?Infinity|NaN)$/,
  },
} as const

const number = (format: keyof typeof numbers): FieldForm => {
  const { codec, takes, spelling } = numbers[format]
  const encode = (value: unknown, typed: string): Uint8Array => {
    try {
      return codec.encode(value as number) as Uint8Array
    } catch (error) {
      throw error instanceof EncodeError ? new FieldError(`${typed} is no ${format}: give ${takes}`) : error
    }
  }
  const fromText = (text: string): Uint8Array => {
    const value = Number(text)
    // none becomes infinite by being large
    const isSpelled = spelling.test(text) && (Number.isFinite(value) || !/\d/.test(text))
    return encode(isSpelled ? value : undefined, shown(text))
  }
  const decode = (bytes: Uint8Array): number => {
    const read = codec.decode(bytes)
    if (E.isLeft(read)) throw new FieldError(`is no ${format}: ${read.left.report.join('; ')}`)
    return read.right
  }
  const toText = (bytes: Uint8Array): string => {
    const value = decode(bytes)
    return Object.is(value, -0) ? '-0' : String(value)
  }
  return {
    fromText,
    fromJson: (json) =>
      typeof json === 'string' && format === 'float64' ? fromText(json) : encode(json, shownNumber(json)),
    toText,
    // a number of JSON is never one of these
    toJson: (bytes) => (Number.isFinite(decode(bytes)) && toText(bytes) !== '-0' ? decode(bytes) : toText(bytes)),
  }
}

/** What stood in JSON: not the number that it became where that is another. */
const shownNumber = (json: unknown): string =>
  Number.isInteger(json) && !Number.isSafeInteger(json) ? 'a number past 2^53 - 1' : shown(json)

const spelled = (format: BinaryFormat): FieldForm => {
  const isSpelled = {
    hex: /^([0-9a-f]{2})*$/i,
    base64: /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  }[format]
  const read = (text: string): Uint8Array => {
    if (!isSpelled.test(text)) throw new FieldError(`${shown(text)} is no ${format}`)
    return format === 'hex' ? new Uint8Array(Buffer.from(text, 'hex')) : fromBase64(text)
  }
  const write = format === 'hex' ? hex : base64
  return { fromText: read, fromJson: (json) => read(textOf(json, format)), toText: write, toJson: write }
}

const text = (part: FieldPart, binary: BinaryFormat): FieldForm => {
  const orJson = part === 'header' ? '' : `, or say --${part}-format json`

  const orBinary = <A>(bytes: Uint8Array, otherwise: (spelled: string) => A): string | A => {
    try {
      return fromUtf8(bytes)
    } catch {
      return otherwise(spelled(binary).toText(bytes))
    }
  }
  return {
    fromText: utf8,
    fromJson: (json) => {
      const [format, spelling] = Object.entries(json ?? {})[0] ?? []
      const isBinary = typeof json === 'object' && (format === 'hex' || format === 'base64')
      return isBinary ? spelled(format).fromJson(spelling) : utf8(textOf(json, 'text', orJson))
    },
    toText: (bytes) => orBinary(bytes, (spelling) => `${binary}:${spelling}`),
    toJson: (bytes) => orBinary(bytes, (spelling) => ({ [binary]: spelling })),
  }
}

/** Keys in one spelling, so that equal ones are equal bytes and share a partition; values as they were typed. */
const json = (part: FieldPart): FieldForm => {
  const spelling = part === 'key' ? canonicalJson : JSON.stringify
  const parsed = (text: string): unknown => {
    try {
      return JSON.parse(text)
    } catch (error) {
      throw new FieldError(`${shown(text)} is no json: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const shownText = (bytes: Uint8Array): string => {
    try {
      return fromUtf8(bytes)
    } catch {
      throw new FieldError(`is no json: its ${bytes.length} bytes are not UTF-8`)
    }
  }
  const toJson = (bytes: Uint8Array): unknown => parsed(shownText(bytes))
  return {
    fromText: (text) => utf8(part === 'key' ? canonicalJson(parsed(text)) : (parsed(text), text)),
    fromJson: (value) => utf8(spelling(value)),
    toText: (bytes) => JSON.stringify(toJson(bytes)),
    toJson,
  }
}

/** What the bytes are of: a key or a value, whose format may be said, or a header. */
export type FieldPart = 'key' | 'value' | 'header'

/** The form of a field's bytes. */
export const fieldForm = (format: FieldFormat, part: FieldPart, binary: BinaryFormat = 'base64'): FieldForm => {
  switch (format) {
    case 'text':
      return text(part, binary)
    case 'json':
      return json(part)
    case 'int32':
    case 'int64':
    case 'float64':
      return number(format)
    case 'hex':
    case 'base64':
      return spelled(format)
  }
}
