import { inspect } from 'node:util'
import * as t from 'io-ts'
import type { DecodeError } from '../contracts/codec.ts'
import { base64, fromBase64 } from './base-64.ts'
import { cut, maxReportLines } from './decode-error.ts'

/** Characters that a letter keeps of a reason, of an error's message, and of each line of a report. */
export const maxReasonCharacters = 1_000

/**
 * A record that was given up, whole: what it was, where it was, and why it was given up.
 *
 * Bytes are base64, because they may be anything: that they could not be read may be why they are here. With them and
 * {@link originalOf} a redrive rebuilds the record as it was.
 */
export interface DeadLetter {
  /** Why, in a line that a person can read: the error's name and message, or what the pipeline's owner said. */
  readonly reason: string
  /** The pipeline that gave it up. */
  readonly pipeline: string
  readonly error: {
    /** The error's class: `DecodeError`, `TypeError`, `CardRefused`. */
    readonly name: string
    readonly message: string
    /** Of a record that did not decode, the schema's report, a line each; of any other, nothing. */
    readonly report: readonly string[]
  }
  /** How often it was tried; 0 where it was given up with its key. */
  readonly attempts: number
  /** When it failed first, in ms since the epoch; `null` where it was given up at its first failure, or without one. */
  readonly firstFailedAt: number | null
  /** Where the record was read, and its own timestamp, in ms since the epoch. */
  readonly source: {
    readonly topic: string
    readonly partition: number
    readonly offset: number
    readonly timestamp: number
  }
  /** What was read there. `null` is the absent key, or the tombstone. */
  readonly record: {
    readonly key: string | null
    readonly value: string | null
    readonly headers: readonly { readonly name: string; readonly value: string }[]
  }
}

const base64OrNull = t.union([t.string, t.null])

/** Reads `other` where nothing is there; what it writes is always there. */
const orElse = <A>(type: t.Type<A>, other: A): t.Type<A> =>
  new t.Type(
    type.name,
    type.is,
    (value, context) => (value === undefined ? t.success(other) : type.validate(value, context)),
    type.encode,
  )

/** The schema of dead letters: every field is always there. One that was written before attempts were counted was tried once. */
export const DeadLetter: t.Type<DeadLetter> = t.type(
  {
    reason: t.string,
    pipeline: t.string,
    error: t.type({ name: t.string, message: t.string, report: t.readonlyArray(t.string) }),
    attempts: orElse(t.number, 1),
    firstFailedAt: orElse<number | null>(t.union([t.number, t.null]), null),
    source: t.type({ topic: t.string, partition: t.number, offset: t.number, timestamp: t.number }),
    record: t.type({
      key: base64OrNull,
      value: base64OrNull,
      headers: t.readonlyArray(t.type({ name: t.string, value: t.string })),
    }),
  },
  'DeadLetter',
)

/** A record in bytes, as it lies in its partition. */
export interface RawRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: ReadonlyMap<string, Uint8Array>
}

/** What {@link deadLetterOf} is told. */
export interface GivenUp {
  readonly pipeline: string
  readonly record: RawRecord
  /** Whatever was thrown, or a {@link DecodeError}. */
  readonly error: unknown
  /** In place of the error's own words. */
  readonly reason?: string
  /** 1 where nothing is said. */
  readonly attempts?: number
  readonly firstFailedAt?: number | undefined
}

/** The letter about a record that was given up. Whatever the error is, this does not throw. */
export const deadLetterOf = (givenUp: GivenUp): DeadLetter => {
  const { pipeline, record, error, reason, attempts = 1, firstFailedAt = null } = givenUp
  const { topic, partition, offset, timestamp, key, value, headers } = record
  const described = describe(error)
  return {
    reason: cut(reason ?? `${described.name}: ${described.message}`, maxReasonCharacters),
    pipeline,
    error: described,
    attempts,
    firstFailedAt,
    source: { topic, partition, offset, timestamp },
    record: {
      key: key === null ? null : base64(key),
      value: value === null ? null : base64(value),
      headers: [...headers].map(([name, header]) => ({ name, value: base64(header) })),
    },
  }
}

/** The record that `letter` is about, byte by byte: what a redrive sends to its topic again. */
export const originalOf = ({ source, record: { key, value, headers } }: DeadLetter): RawRecord => ({
  ...source,
  key: key === null ? null : fromBase64(key),
  value: value === null ? null : fromBase64(value),
  headers: new Map(headers.map((header) => [header.name, fromBase64(header.value)])),
})

const describe = (error: unknown): DeadLetter['error'] => {
  const report = reportOf(error).map((line) => cut(line, maxReasonCharacters))
  const [name, message] = isDecodeError(error)
    ? ['DecodeError', `no ${error.codec}: ${report.at(-1) ?? 'it did not decode'}`]
    : error instanceof Error
      ? [String(error.name), String(error.message)]
      : [typeof error, printed(error)]
  return { name: cut(name, maxReasonCharacters), message: cut(message, maxReasonCharacters), report }
}

/** The report of a {@link DecodeError}, and of whatever error was made of one. */
const reportOf = (error: unknown): readonly string[] =>
  typeof error === 'object' && error !== null && 'report' in error && Array.isArray(error.report)
    ? error.report.slice(0, maxReportLines).map(String)
    : []

const isDecodeError = (error: unknown): error is DecodeError =>
  typeof error === 'object' && error !== null && '_tag' in error && error._tag === 'DecodeError'

/** What was thrown need not be an error, nor let itself be printed. */
const printed = (thrown: unknown): string => {
  try {
    return inspect(thrown, { depth: 2, breakLength: Number.POSITIVE_INFINITY })
  } catch {
    return 'something that cannot be printed'
  }
}
