import { fieldsBytes } from '../batch/record-fields.ts'
import { aloneBytesOf } from '../batch/record-size.ts'
import { refuseArgument } from '../codec/arguments.ts'
import { inPlaceOf } from '../codec/in-place.ts'
import { recordFault } from '../codec/record-fault.ts'
import { unencodable } from '../codec/unencodable.ts'
import type { EncodeError } from '../contracts/codec.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { AnyTopic, Topic } from '../contracts/topic.ts'

/** A record to send. */
export interface Outgoing<K, V> {
  readonly key: K
  readonly value: V
  /** Strings are written as UTF-8. */
  readonly headers?: ReadonlyMap<string, string | Uint8Array> | Readonly<Record<string, string | Uint8Array>>
  /** Milliseconds since the epoch; the time of the call where nothing is said. */
  readonly timestamp?: number
  /** Where to put it; by the key's hash, or spread where the key is null, when nothing is said. */
  readonly partition?: number
}

/** A record as bytes, with all that was left open filled in but its partition. */
export interface EncodedRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: ReadonlyMap<string, Uint8Array>
  readonly timestamp: number
  readonly partition: number | undefined
  /** What key, value and headers take in a batch. */
  readonly fieldsBytes: number
  /** What a batch of it alone takes. */
  readonly sizeBytes: number
}

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()
const utf8 = new TextEncoder()

const isMap = (headers: object): headers is ReadonlyMap<string, string | Uint8Array> => headers instanceof Map

/** Headers with their text as bytes; what are none stay what they are, for {@link recordFault} to tell of. */
const readHeaders = (headers: Outgoing<unknown, unknown>['headers']): ReadonlyMap<string, Uint8Array> => {
  if (headers === undefined) return noHeaders
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return headers as never
  const entries = isMap(headers) ? [...headers] : Object.entries(headers)
  return new Map(entries.map(([name, value]) => [name, typeof value === 'string' ? utf8.encode(value) : value]))
}

/** Why `part` of a record could not be written, by the record's place in the call. */
const unwritten = (topic: AnyTopic, part: 'key' | 'value', { record, index }: Place, cause: unknown): EncodeError =>
  unencodable(`${part} of record ${index} for topic '${topic.name}'`, topic[part].name, cause, hint(record[part]))

interface Place {
  readonly record: Outgoing<unknown, unknown>
  readonly index: number
}

const hint = (part: unknown): string =>
  part === undefined ? ' (the record has none: give it one, or null where the topic says nullable(…))' : ''

/** Longer keys, and those whose codec cannot write in place, have bytes of their own. */
const keyBytesMax = 64

/** Where the keys of one record after the other are written. Whoever lends it out lends it to one at a time. */
export class KeyPlace {
  readonly bytes: Uint8Array = new Uint8Array(keyBytesMax)
  readonly #views: Uint8Array[] = []

  /** Its first `length` bytes. */
  first(length: number): Uint8Array {
    const view = this.#views[length] ?? this.bytes.subarray(0, length)
    this.#views[length] = view
    return view
  }
}

/**
 * One record of a call after the other as bytes: its fields are those of the record that was {@link read} last. With a
 * `place`, its key may lie there.
 */
export class RecordEncoding<K, V> implements EncodedRecord {
  key: Uint8Array | null = null
  value: Uint8Array | null = null
  headers: ReadonlyMap<string, Uint8Array> = noHeaders
  timestamp: number
  partition: number | undefined
  fieldsBytes = 0
  sizeBytes = 0
  readonly #topic: Topic<K, V>
  readonly #now: number
  readonly #place: KeyPlace | undefined
  readonly #writeKey: ((key: K, into: Uint8Array) => number) | undefined

  constructor(topic: Topic<K, V>, now: number, place?: KeyPlace) {
    this.#topic = topic
    this.#now = now
    this.timestamp = now
    this.#place = place
    this.#writeKey = place && inPlaceOf(topic.key)?.write
  }

  /**
   * Encodes the record at `index` of a call.
   *
   * **Errors** throws {@link EncodeError}, and `invalid-record` for a timestamp or a header that is none.
   */
  read(record: Outgoing<K, V>, index: number): void {
    const topic = this.#topic
    if (typeof record !== 'object' || record === null)
      refuseArgument(`send to '${topic.name}'`, 'records', record, `record ${index} is none, write { key, value }`)
    let part: 'key' | 'value' = 'key'
    try {
      this.key = this.#encodeKey(record.key)
      part = 'value'
      this.value = topic.value.encode(record.value)
    } catch (cause) {
      throw unwritten(topic, part, { record, index }, cause)
    }
    const { headers, timestamp } = record
    this.headers = noHeaders
    this.timestamp = this.#now
    if (headers !== undefined || timestamp !== undefined) this.#readBesides(record, index)
    this.partition = record.partition
    this.fieldsBytes = fieldsBytes(this.key, this.value, this.headers)
    this.sizeBytes = aloneBytesOf(this.fieldsBytes)
  }

  #encodeKey(key: K): Uint8Array | null {
    const place = this.#place
    if (place === undefined || this.#writeKey === undefined) return this.#topic.key.encode(key)
    const length = this.#writeKey(key, place.bytes)
    return length < 0 ? this.#topic.key.encode(key) : place.first(length)
  }

  #readBesides(record: Outgoing<K, V>, index: number): void {
    const headers = readHeaders(record.headers)
    const timestamp = record.timestamp ?? this.#now
    const fault = recordFault({ headers, timestamp }, 0)
    if (fault !== undefined)
      throw new MillraceError(
        engineFailure('invalid-record', `record ${index} for topic '${this.#topic.name}' ${fault}, or leave it out`),
      )
    this.headers = headers
    this.timestamp = timestamp
  }
}

/** All of `records` as bytes, before any of them goes anywhere: one that cannot be written refuses the whole call. */
export const encodeAll = <K, V>(
  topic: Topic<K, V>,
  records: readonly Outgoing<K, V>[],
  now: number,
): readonly EncodedRecord[] => {
  const encoding = new RecordEncoding(topic, now)
  return records.map((record, index) => {
    encoding.read(record, index)
    const { key, value, headers, timestamp, partition, fieldsBytes, sizeBytes } = encoding
    return { key, value, headers, timestamp, partition, fieldsBytes, sizeBytes }
  })
}
