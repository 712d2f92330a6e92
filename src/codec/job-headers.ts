import type { AnyTopic } from '../contracts/topic.ts'
import { utf8 } from './utf-8.ts'

/** What headers of ours begin with. A job's own headers travel beside them, and keep their names. */
export const ownPrefix = 'millrace.'

export type Headers = ReadonlyMap<string, Uint8Array>

/** The headers of records about jobs. */
export const jobHeader = {
  /** What a record says of a job that is not in the target yet: its mark, in binary. */
  do: 'millrace.do',
  /** On the record in the target: when the job was due, in milliseconds since the epoch. */
  due: 'millrace.due',
  /** The same: the id of the job. */
  job: 'millrace.job',
  /** The same: which scheduling of the id it is. */
  gen: 'millrace.gen',
} as const

/** The headers that are not ours. */
export const ownHeadersLeftOut = (headers: Headers): Map<string, Uint8Array> => {
  const left = new Map<string, Uint8Array>()
  for (const [name, value] of headers) if (!name.startsWith(ownPrefix)) left.set(name, value)
  return left
}

export const numberHeader = (number: number): Uint8Array => utf8(String(number))

/** A record of bytes, to be written to `topic`. */
export interface RawOutput {
  readonly topic: AnyTopic
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Headers
}
