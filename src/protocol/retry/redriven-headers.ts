import type { Position } from '../../contracts/position.ts'

type Headers = ReadonlyMap<string, Uint8Array>

/** What a record that came back from dead letters carries among its own headers, wherever it goes. */
export const redriveHeader = {
  /** How often it came back. */
  count: 'millrace.redriven',
  /** Where it was read when it was given up first, `topic-partition-offset`: it has another id where it is written anew. */
  origin: 'millrace.origin',
} as const

/**
 * How often the record of `topic` with these headers came back from dead letters. What a pipeline makes of such a record, and
 * writes elsewhere, has its headers too, and never did.
 */
export const redrivenIn = (headers: Headers, topic: string): number => {
  const count = text(headers.get(redriveHeader.count))
  return originIn(headers, topic) !== undefined && /^\d{1,15}$/.test(count) ? Number(count) : 0
}

/** `headers` of the record that was read at `read`, once it came back once more. */
export const redrivenHeaders = (headers: Headers, read: Position): Headers => {
  const count = redrivenIn(headers, read.topic) + 1
  const origin = originIn(headers, read.topic) ?? `${read.topic}-${read.partition}-${read.offset}`
  return new Map(headers)
    .set(redriveHeader.count, encoder.encode(String(count)))
    .set(redriveHeader.origin, encoder.encode(origin))
}

/** Where the record was read first; `undefined` where that was not in `topic`, or it does not say. */
const originIn = (headers: Headers, topic: string): string | undefined => {
  const origin = text(headers.get(redriveHeader.origin))
  return /^(.+)-\d+-\d+$/.exec(origin)?.[1] === topic ? origin : undefined
}

const text = (bytes: Uint8Array | undefined): string => (bytes === undefined ? '' : decoder.decode(bytes))

const encoder = new TextEncoder()
const decoder = new TextDecoder()
