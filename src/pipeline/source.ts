import * as E from 'fp-ts/lib/Either.js'
import { copyHeaders } from '../batch/record-headers.ts'
import { type InPlace, inPlaceOf } from '../codec/in-place.ts'
import type { FieldsInPlace } from '../contracts/fields-in-place.ts'
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
  /** The same where they lie, where that is known: cheaper for a codec that can read there. */
  readonly inPlace?: FieldsInPlace
}

/** One partition that records are read from. Its identity serves as a key. */
export interface Source extends TopicPartition {
  readonly of: AnyTopic
  /** `topic-partition-`: a record's id without its offset. */
  readonly prefix: string
  readonly idOf: (offset: number) => string
  readonly keyInPlace: InPlace<unknown> | undefined
  readonly valueInPlace: InPlace<unknown> | undefined
}

export const sourceOf = (of: AnyTopic, partition: number): Source => ({
  of,
  topic: of.name,
  partition,
  prefix: `${of.name}-${partition}-`,
  idOf: idsWith(`${of.name}-${partition}-`),
  keyInPlace: inPlaceOf(of.key),
  valueInPlace: inPlaceOf(of.value),
})

/** Ids that begin with `prefix`. Of a thousand in a row only the last digits are spelled for each. */
const idsWith = (prefix: string): Source['idOf'] => {
  let thousands = 0
  let beginning = prefix
  return (offset) => {
    const above = Math.floor(offset / 1_000)
    if (above === 0) return prefix + offset
    if (above !== thousands) {
      thousands = above
      beginning = prefix + above
    }
    return beginning + lastDigits[offset - above * 1_000]
  }
}

const lastDigits: readonly string[] = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'))

/**
 * Decodes one record anew, carried by `carrier`, or answers why not: {@link UnreadableRecord} with the codec's report. A codec
 * that throws breaks its contract, and is reported in the same way.
 */
export const readRecord = (source: Source, raw: RawRecord, carrier: unknown): AnyRecord | UnreadableRecord => {
  const { of } = source
  const { inPlace } = raw
  let part: 'key' | 'value' = 'key'
  try {
    let key: unknown
    if (inPlace !== undefined && source.keyInPlace !== undefined && inPlace.keyBytes >= 0)
      key = source.keyInPlace.read(inPlace.bytes, inPlace.keyAt, inPlace.keyAt + inPlace.keyBytes)
    if (key === undefined) {
      const read: Read = of.key.decode(raw.key)
      if (E.isLeft(read)) return unreadable(source, raw, part, read.left)
      key = read.right
    }
    part = 'value'
    let value: unknown
    if (inPlace !== undefined && source.valueInPlace !== undefined && inPlace.valueBytes >= 0)
      value = source.valueInPlace.read(inPlace.bytes, inPlace.valueAt, inPlace.valueAt + inPlace.valueBytes)
    if (value === undefined) {
      const read: Read = of.value.decode(raw.value)
      if (E.isLeft(read)) return unreadable(source, raw, part, read.left)
      value = read.right
    }
    return record(source, raw, key, value, carrier)
  } catch (thrown) {
    const report = [`the codec threw: ${thrown instanceof Error ? thrown.message : String(thrown)}`]
    return unreadable(source, raw, part, { codec: of[part].name, report })
  }
}

/** The record with its key and value as they lie in the log: what is left when they cannot be read. */
export const undecodedRecord = (source: Source, raw: RawRecord): AnyRecord =>
  record(source, raw, raw.key && new Uint8Array(raw.key), raw.value && new Uint8Array(raw.value), undefined)

const record = (source: Source, raw: RawRecord, key: unknown, value: unknown, carrier: unknown): AnyRecord => {
  const { topic, partition } = source
  const { offset, timestamp } = raw
  const id = source.idOf(offset)
  // bytes can be changed in place, and these lie in what was fetched
  const headers = copyHeaders(raw.headers)
  // each in one literal: a property that is added later, or `undefined`, is slower, or shown
  if (carrier === undefined) return { topic, partition, offset, id, timestamp, headers, key, value } as AnyRecord
  return { topic, partition, offset, id, timestamp, headers, key, value, [task]: carrier }
}

interface Unread {
  readonly codec: string
  readonly report: readonly string[]
}

type Read = E.Either<Unread, unknown>

const unreadable = (source: Source, raw: RawRecord, part: 'key' | 'value', error: Unread): UnreadableRecord =>
  new UnreadableRecord(source.prefix + raw.offset, part, error)
