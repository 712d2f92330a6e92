import * as E from 'fp-ts/lib/Either.js'
import { copyHeaders } from '../batch/record-headers.ts'
import type { TopicPartition } from '../contracts/position.ts'
import { type AnyRecord, task } from '../contracts/stream-record.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { UnreadableRecord } from './attempt-errors.ts'

/** The fields of one record as they lie in the log. A cursor over a batch has them, and so has a copy of one. */
export interface RawRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: ReadonlyMap<string, Uint8Array>
}

/** One partition that records are read from. Its identity serves as a key. */
export interface Source extends TopicPartition {
  readonly of: AnyTopic
  /** `topic-partition-`: a record's id without its offset. */
  readonly prefix: string
}

export const sourceOf = (of: AnyTopic, partition: number): Source => ({
  of,
  topic: of.name,
  partition,
  prefix: `${of.name}-${partition}-`,
})

/**
 * Decodes one record anew, carried by `carrier`.
 *
 * **Errors** {@link UnreadableRecord} with the codec's report; a codec that throws breaks its contract, and is
 * reported in the same way.
 */
export const decodeRecord = (
  source: Source,
  raw: RawRecord,
  carrier: unknown,
): E.Either<UnreadableRecord, AnyRecord> => {
  const { of } = source
  let part: 'key' | 'value' = 'key'
  try {
    const key: Read = of.key.decode(raw.key)
    if (E.isLeft(key)) return unreadable(source, raw, part, key.left)
    part = 'value'
    const value: Read = of.value.decode(raw.value)
    if (E.isLeft(value)) return unreadable(source, raw, part, value.left)
    return E.right(record(source, raw, key.right, value.right, carrier))
  } catch (thrown) {
    const report = [`the codec threw: ${thrown instanceof Error ? thrown.message : String(thrown)}`]
    return unreadable(source, raw, part, { codec: of[part].name, report })
  }
}

/** The record with its key and value as they lie in the log: what is left when they cannot be read. */
export const undecodedRecord = (source: Source, raw: RawRecord): AnyRecord =>
  record(source, raw, raw.key && new Uint8Array(raw.key), raw.value && new Uint8Array(raw.value), undefined)

const record = (source: Source, raw: RawRecord, key: unknown, value: unknown, carrier: unknown): AnyRecord => {
  const { topic, partition, prefix } = source
  const { offset, timestamp } = raw
  // bytes can be changed in place, and these lie in what was fetched
  const headers = copyHeaders(raw.headers)
  // each in one literal: a property that is added later, or `undefined`, is slower, or shown
  if (carrier === undefined)
    return { topic, partition, offset, id: prefix + offset, timestamp, headers, key, value } as AnyRecord
  return { topic, partition, offset, id: prefix + offset, timestamp, headers, key, value, [task]: carrier }
}

interface Unread {
  readonly codec: string
  readonly report: readonly string[]
}

type Read = E.Either<Unread, unknown>

const unreadable = (
  source: Source,
  raw: RawRecord,
  part: 'key' | 'value',
  error: Unread,
): E.Either<UnreadableRecord, never> => E.left(new UnreadableRecord(source.prefix + raw.offset, part, error))
