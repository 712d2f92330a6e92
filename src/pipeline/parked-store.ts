import { ByteReader } from '../batch/byte-reader.ts'
import { headersBytes, noHeaders, type RecordHeaders, readHeaders, writeHeaders } from '../batch/record-headers.ts'
import { aloneBytes } from '../batch/record-size.ts'
import { never } from '../contracts/state-store.ts'
import { recordKeyOf, stateBytes, stateKeyOf, stateOf } from '../protocol/retry/parked-entries.ts'
import type { ParkedKey } from '../protocol/retry/parking.ts'
import { keyHash } from '../store/key-hash.ts'
import type { Gather } from './gather.ts'
import type { ParkedGauge } from './parked-gauge.ts'
import type { TaskStore } from './task-store.ts'

/** What is kept of a record that waits. */
export interface ParkedRecord {
  /** With its marks. */
  readonly headers: RecordHeaders
  readonly value: Uint8Array | null
}

/**
 * The records of a task that wait in order, and the state of their keys: in a store of the pipeline's own, changed with
 * the record that made the change.
 */
export class ParkedStore {
  readonly #store: TaskStore
  readonly #gauge: ParkedGauge
  readonly #nowMs: () => number
  /** Entries of keys and of records. */
  #entries: number

  /** `gauge` has what the store has. */
  constructor(store: TaskStore, gauge: ParkedGauge, nowMs: () => number) {
    this.#store = store
    this.#gauge = gauge
    this.#nowMs = nowMs
    const size = store.state.size()
    if (size === undefined) throw new Error('records that wait in order lie in memory, where they are counted')
    this.#entries = size
  }

  /** Whether no key is parked, nor closed. */
  get isEmpty(): boolean {
    return this.#entries === 0
  }

  /** How many entries it has: one for each record that waits, and one for each key. */
  get entries(): number {
    return this.#entries
  }

  key(key: Uint8Array | null): ParkedKey | undefined {
    const bytes = this.#get(stateKeyOf(key))
    return bytes === undefined ? undefined : stateOf(bytes)
  }

  /** Sets the state of a key, or removes it. */
  setKey(gather: Gather, key: Uint8Array | null, state: ParkedKey | undefined): void {
    const at = stateKeyOf(key)
    this.#set(gather, at, state === undefined ? undefined : stateBytes(state))
    this.#gauge.set(at, state, this.#nowMs())
  }

  record(key: Uint8Array | null, number: number): ParkedRecord | undefined {
    const bytes = this.#get(recordKeyOf(key, number))
    return bytes === undefined ? undefined : readParked(bytes)
  }

  /** Sets a record of a key, or removes it. */
  setRecord(gather: Gather, key: Uint8Array | null, number: number, record: ParkedRecord | undefined): void {
    this.#set(gather, recordKeyOf(key, number), record === undefined ? undefined : parkedBytes(record))
  }

  /** Why a record cannot be kept; `undefined` where it can. */
  misfit(key: Uint8Array | null, number: number, record: ParkedRecord): string | undefined {
    const { recordBytesMax, topic } = this.#store.changelog
    const at = recordKeyOf(key, number)
    const bytes = parkedBytes(record)
    const sizeBytes = aloneBytes(at, bytes, noHeaders)
    if (sizeBytes > recordBytesMax)
      return `it takes ${sizeBytes} bytes in topic '${topic}', which takes ${recordBytesMax}: raise its 'max.message.bytes'`
    return this.#store.fullWith(at, keyHash(at), bytes.length)?.message
  }

  #get(key: Uint8Array): Uint8Array | undefined {
    return this.#store.get(key, keyHash(key), never)
  }

  #set(gather: Gather, key: Uint8Array, value: Uint8Array | undefined): void {
    const before = this.#get(key)
    if (before === undefined && value !== undefined) this.#entries += 1
    if (before !== undefined && value === undefined) this.#entries -= 1
    gather.change(this.#store, key, value)
  }
}

/** The value behind its length and one, 0 for none; then the headers. */
const parkedBytes = ({ headers, value }: ParkedRecord): Uint8Array => {
  const valueBytes = value?.length ?? 0
  const bytes = new Uint8Array(4 + valueBytes + headersBytes(headers))
  new DataView(bytes.buffer).setUint32(0, value === null ? 0 : valueBytes + 1)
  if (value !== null) bytes.set(value, 4)
  writeHeaders(bytes, 4 + valueBytes, headers)
  return bytes
}

const readParked = (bytes: Uint8Array): ParkedRecord => {
  // what the store answers is its own, and a record is looked at for as long as it runs
  const own = new Uint8Array(bytes)
  const lengthAndOne = new DataView(own.buffer).getUint32(0)
  const value = lengthAndOne === 0 ? null : own.subarray(4, 3 + lengthAndOne)
  const reader = new ByteReader(own, 4 + (value?.length ?? 0))
  const count = reader.varint()
  return { headers: count === 0 ? noHeaders : readHeaders(own, reader.at, count), value }
}
