import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { given, isCodecLike } from './arguments.ts'
import { aPromise, thrownMessage } from './decode-error.ts'
import { ioTsReport } from './io-ts-report.ts'
import { isPromise } from './is-promise.ts'
import { promiseIn } from './promise-in.ts'
import { isIoTs, isStandard, type Schema, type StandardIssue, type StandardSchema } from './schema.ts'

/** A schema as a codec uses it, whichever library it comes from. */
export interface SchemaReader {
  /** For messages. */
  readonly name: string
  /** Reads a plain value; a `Left` has the report, a line each. Never throws. */
  readonly read: (plain: unknown) => E.Either<readonly string[], unknown>
  /** The plain value that `read` reads as `value`. Throws a `TypeError` where `value` is none of the schema's. */
  readonly write: (value: unknown) => unknown
}

/** Throws a `TypeError` for what is no schema, and for a validator that answers promises. */
export const readerOf = (schema: Schema): SchemaReader => {
  // io-ts first: an io-ts type that somebody also made a Standard Schema has an encode, the other has not
  if (isIoTs(schema)) return ioTsReader(schema)
  if (isStandard(schema)) return standardReader(schema)
  if (isCodecLike(schema)) throw new TypeError('a codec is no schema: use it as it is, without json(…)')
  throw new TypeError(
    `${given(schema)} is no schema: pass an io-ts type, a Standard Schema validator (zod, valibot, arktype) or a codec`,
  )
}

const ioTsReader = (type: t.Type<unknown, unknown, unknown>): SchemaReader => {
  const read: SchemaReader['read'] = (plain) => {
    try {
      const decoded = type.decode(plain)
      return E.isRight(decoded) ? decoded : E.left(ioTsReport(decoded.left))
    } catch (thrown) {
      return E.left([`${type.name} failed: ${thrownMessage(thrown)}`])
    }
  }
  return {
    name: type.name,
    read,
    write: (value) => {
      if (type.is(value)) return type.encode(value)
      // what it would say about such a value read: for a type that transforms, which reads others, that may be nothing
      const why = read(value)
      throw new TypeError(E.isLeft(why) ? why.left.join('; ') : `it is no ${type.name}`)
    },
  }
}

const standardReader = (schema: StandardSchema): SchemaReader => {
  const standard = schema['~standard']
  const name = `${standard.vendor} schema`
  refuseAsynchronous(schema, name)
  const read: SchemaReader['read'] = (plain) => {
    try {
      const result = standard.validate(plain)
      if (result instanceof Promise) return E.left([asynchronous(name, result)])
      return result.issues === undefined ? E.right(result.value) : E.left(result.issues.map(issueLine))
    } catch (thrown) {
      return E.left([`${name} failed: ${thrownMessage(thrown)}`])
    }
  }
  return {
    name,
    read,
    write: (value) => {
      const checked = read(value)
      if (E.isRight(checked)) return value
      const path = promiseIn(value)
      const promise = path === undefined || path === '' ? [] : [`${path} is ${aPromise}`]
      throw new TypeError([...checked.left, ...promise].join('; '))
    },
  }
}

/** Valibot's asynchronous schemas say that they are. Others are not asked: a check may throw at a value made up here. */
const refuseAsynchronous = (schema: StandardSchema, name: string): void => {
  if ('async' in schema && schema.async === true) throw new TypeError(asynchronous(name, undefined))
}

/** Zod answers a promise also where a check of its throws: it tries once more, asynchronously. */
const asynchronous = (name: string, answer: unknown): string => {
  const why = isPromise(answer) ? 'answered a promise (it is asynchronous, or its check throws)' : 'is asynchronous'
  return `this ${name} ${why}, and a codec cannot wait: check with mapAsync or attempt in the pipeline instead`
}

const issueLine = ({ message, path }: StandardIssue): string => {
  const names = path?.map((part) => String(typeof part === 'object' ? part.key : part)) ?? []
  return names.length === 0 ? message : `${names.join('.')}: ${message}`
}
