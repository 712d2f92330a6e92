import { shown } from './decode-error.ts'

/** What a program has put beside a key and a value. */
export interface Besides {
  readonly headers: ReadonlyMap<unknown, unknown>
  readonly timestamp: unknown
}

/**
 * Why a record cannot be written with these headers and this timestamp; `undefined` where it can. `earliest` is 0, or
 * -1 where a record may have come without a timestamp, and go on so.
 */
export const recordFault = ({ headers, timestamp }: Besides, earliest: 0 | -1): string | undefined => {
  if (!(Number.isSafeInteger(timestamp) && (timestamp as number) >= earliest))
    return `has timestamp ${shown(timestamp)}: give whole milliseconds since the epoch, as in date.getTime()`
  if (!(headers instanceof Map))
    return `has ${shown(headers)} for headers: give a Map of names to bytes, as in new Map([['source', Buffer.from('shop')]])`
  if (headers.size > 0) for (const [name, bytes] of headers) if (isWrong(name, bytes)) return wrongHeader(name, bytes)
  return undefined
}

const isWrong = (name: unknown, bytes: unknown): boolean => typeof name !== 'string' || !(bytes instanceof Uint8Array)

const wrongHeader = (name: unknown, bytes: unknown): string =>
  typeof name === 'string'
    ? `has a header '${name}' that is ${shown(bytes)}: give bytes, as in Buffer.from('shop')`
    : `has a header named ${shown(name)}: give it a name that is text`
