import type { Position } from '../../contracts/position.ts'
import type { History } from './history.ts'

type Headers = ReadonlyMap<string, Uint8Array>

/** Names that records of a retry topic carry beside their own headers; each is there once, however often a record fails. */
const prefix = 'millrace.retry.'
const names = {
  attempt: `${prefix}attempt`,
  due: `${prefix}due`,
  topic: `${prefix}topic`,
  partition: `${prefix}partition`,
  offset: `${prefix}offset`,
  timestamp: `${prefix}timestamp`,
  firstFailed: `${prefix}first-failed`,
  error: `${prefix}error`,
  token: `${prefix}token`,
} as const

/** Where a record was read first, and its own timestamp in ms since the epoch: what it is known by wherever it waits. */
export interface Origin extends Position {
  readonly timestamp: number
}

/** A record that is on its way back, as its headers tell it. */
export interface Marked {
  readonly origin: Origin
  readonly history: History
}

/** What is written on a record that is to come back. */
export interface Mark extends Marked {
  readonly dueAtMs: number
  /** Why it failed last, see {@link errorText}; nothing where it did not. */
  readonly error?: string
}

/**
 * The headers with which a record waits: its own, and {@link Mark}'s over whatever was said under these names before.
 */
export const markedHeaders = (own: Headers, { origin, history, dueAtMs, error }: Mark): Headers => {
  const headers = new Map(unmarkedHeaders(own))
  const { attempts, firstFailedAtMs } = history
  set(headers, names.topic, origin.topic)
  set(headers, names.partition, origin.partition)
  set(headers, names.offset, origin.offset)
  set(headers, names.timestamp, origin.timestamp)
  set(headers, names.attempt, attempts)
  set(headers, names.due, dueAtMs)
  if (firstFailedAtMs !== undefined) set(headers, names.firstFailed, firstFailedAtMs)
  if (error !== undefined) set(headers, names.error, error)
  return headers
}

/** The headers that a record had before it was marked. */
export const unmarkedHeaders = (headers: Headers): Headers => {
  let own: Map<string, Uint8Array> | undefined
  for (const name of headers.keys()) {
    if (!name.startsWith(prefix)) continue
    own ??= new Map(headers)
    own.delete(name)
  }
  return own ?? headers
}

/** What a record was marked with; `undefined` where it was not, or not by us. */
export const markOf = (headers: Headers): Marked | undefined => {
  const topic = textAt(headers, names.topic)
  const [partition, offset, timestamp, attempts] = [names.partition, names.offset, names.timestamp, names.attempt].map(
    (name) => numberAt(headers, name),
  )
  if (topic === undefined || partition === undefined || offset === undefined) return undefined
  if (timestamp === undefined || attempts === undefined) return undefined
  const history = {
    attempts,
    firstFailedAtMs: numberAt(headers, names.firstFailed),
  }
  return { origin: { topic, partition, offset, timestamp }, history }
}

/** When a record is due, in ms since the epoch; at once where it does not say. */
export const dueAtOf = (headers: Headers): number => numberAt(headers, names.due) ?? 0

/** Says that it is time to look at the first of a key's parked records: at that one, after so many attempts. */
export interface Token {
  /** The id of the record. */
  readonly head: string
  readonly attempts: number
}

/** The headers of a token, which has no payload. */
export const tokenHeaders = ({ head, attempts }: Token, dueAtMs: number, error?: string): Headers => {
  const headers = new Map<string, Uint8Array>()
  set(headers, names.token, head)
  set(headers, names.attempt, attempts)
  set(headers, names.due, dueAtMs)
  if (error !== undefined) set(headers, names.error, error)
  return headers
}

/** The token that a record is; `undefined` where it is none. */
export const tokenOf = (headers: Headers): Token | undefined => {
  const head = textAt(headers, names.token)
  const attempts = numberAt(headers, names.attempt)
  return head === undefined || attempts === undefined ? undefined : { head, attempts }
}

/** Bytes of an error that a header keeps. */
export const maxErrorBytes = 2_048

/** What is told of an error, its stack where it has one, cut to {@link maxErrorBytes}. Whatever it is, this does not throw. */
export const errorText = (error: unknown): string => {
  const bytes = encoder.encode(said(error))
  if (bytes.length <= maxErrorBytes) return decoder.decode(bytes)
  let end = maxErrorBytes
  // not in the middle of a character
  while (((bytes[end] as number) & 0xc0) === 0x80) end--
  return decoder.decode(bytes.subarray(0, end))
}

const said = (error: unknown): string => {
  try {
    return error instanceof Error ? String(error.stack ?? error.message) : String(error)
  } catch {
    return 'something that cannot be printed'
  }
}

const set = (headers: Map<string, Uint8Array>, name: string, value: string | number): void => {
  headers.set(name, encoder.encode(String(value)))
}

const textAt = (headers: Headers, name: string): string | undefined => {
  const bytes = headers.get(name)
  return bytes === undefined ? undefined : decoder.decode(bytes)
}

const numberAt = (headers: Headers, name: string): number | undefined => {
  const text = textAt(headers, name)
  if (text === undefined || !/^-?\d{1,16}$/.test(text)) return undefined
  return Number(text)
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
