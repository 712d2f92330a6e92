import { fieldsBytesOf } from '../batch/record-fields.ts'
import type { WrittenHeaders } from '../batch/record-headers.ts'
import { aloneBytesOf } from '../batch/record-size.ts'
import type { FieldsInPlace } from '../contracts/fields-in-place.ts'
import { headersLike } from '../store/changelog-record.ts'
import type { Gather } from './gather.ts'
import type { RawRecord, Source } from './source.ts'
import type { TaskStore } from './task-store.ts'

/** A record as it lies in what was fetched, until the next one is read. */
export interface LyingRecord extends RawRecord, FieldsInPlace {}

/** Whether it is known where its fields lie. */
export const isLying = (raw: RawRecord): raw is LyingRecord => raw.inPlace === (raw as object)

/**
 * Does with a record what the pipeline's operators would do with it, to the byte, and answers true; or nothing at all, and
 * answers false: then they do it. For pipelines of our own, whose records are mostly alike: none is made into an object.
 */
export type Skim = (source: Source, record: LyingRecord, hands: Hands) => boolean

/** What one that skims does, on behalf of the record at hand. */
export class Hands {
  readonly #gather: Gather

  constructor(gather: Gather) {
    this.#gather = gather
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#gather.setup.now()
  }

  /** A store that the pipeline has declared. */
  store(name: string): TaskStore | undefined {
    return this.#gather.setup.stores.get(name)
  }

  /** Whether `store` may be set so: what is too large for its changelog, or for the store, may not. */
  hasRoom(store: TaskStore, key: Uint8Array, hash: number, valueBytes: number, expiresAt: number): boolean {
    const fields = fieldsBytesOf(key.length, valueBytes, headersLike(expiresAt))
    return aloneBytesOf(fields) <= store.changelog.recordBytesMax && store.fullWith(key, hash, valueBytes) === undefined
  }

  /** Sets what has room. `key` and `value` stay as they are from now on. */
  set(store: TaskStore, key: Uint8Array, hash: number, value: Uint8Array, expiresAt: number): void {
    this.#gather.writeBytes(store, { key, hash, value, expiresAt })
  }

  /** Writes an output, whose parts are copied; false, and nothing is done, where it does not fit its topic. */
  emit(
    topic: string,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: WrittenHeaders,
    timestamp: number,
  ): boolean {
    const { setup } = this.#gather
    const sink = setup.sinks.get(topic)
    return sink !== undefined && this.#gather.addBytes(sink, key, value, headers, timestamp)
  }
}
