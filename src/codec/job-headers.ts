import type { AnyTopic } from '../contracts/topic.ts'
import { fromUtf8, utf8 } from './utf-8.ts'

/** What headers of ours begin with. A job's own headers travel beside them, and keep their names. */
export const ownPrefix = 'millrace.'

export type Headers = ReadonlyMap<string, Uint8Array>

/** The headers of records about jobs, by what they say. */
export const jobHeader = {
  /** What a command asks for. */
  do: 'millrace.do',
  /** Milliseconds since the epoch: when the job is due. */
  due: 'millrace.due',
  /** Milliseconds behind the time at which the command was written. */
  after: 'millrace.after',
  /** Milliseconds since the epoch: until when it waits on a rung of the ladder. */
  hop: 'millrace.hop',
  /** The key of the record in the target, where it has one. */
  key: 'millrace.key',
  /** Which scheduling of an id it is. */
  gen: 'millrace.gen',
  /** The record that a command was made of: `topic/partition/offset/timestamp`. */
  source: 'millrace.source',
  /** The id of a command whose sender wants an answer. */
  command: 'millrace.command',
  /** The scheduling that a command is about: where another one waits by now, it does nothing. */
  expect: 'millrace.expect',
  /** How it comes again: what is done with missed times, the time zone, and cron's fields. */
  series: 'millrace.series',
  /** It has waited behind what was due before it once already. */
  late: 'millrace.late',
  /** The id of the job, on the record in the target. */
  job: 'millrace.job',
} as const

/** The headers that are not ours. */
export const ownHeadersLeftOut = (headers: Headers): Map<string, Uint8Array> => {
  const left = new Map<string, Uint8Array>()
  for (const [name, value] of headers) if (!name.startsWith(ownPrefix)) left.set(name, value)
  return left
}

/** `undefined` where there is none, or it is no whole number of at least 0. */
export const numberIn = (headers: Headers, name: string): number | undefined => {
  const bytes = headers.get(name)
  if (bytes === undefined || bytes.length < 1 || bytes.length > 16) return undefined
  let number = 0
  // not by way of text: each job has several of them
  for (const byte of bytes) {
    if (byte < zero || byte > zero + 9) return undefined
    number = 10 * number + (byte - zero)
  }
  return Number.isSafeInteger(number) ? number : undefined
}

const zero = 48

export const textIn = (headers: Headers, name: string): string | undefined => {
  const bytes = headers.get(name)
  if (bytes === undefined) return undefined
  try {
    return fromUtf8(bytes)
  } catch {
    return undefined
  }
}

export const numberHeader = (number: number): Uint8Array => utf8(String(number))
export const textHeader = (text: string): Uint8Array => utf8(text)

/** A record of bytes, to be written to `topic`. */
export interface RawOutput {
  readonly topic: AnyTopic
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Headers
}
