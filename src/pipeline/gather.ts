import { fieldsBytesOf, lengthOf } from '../batch/record-fields.ts'
import type { WrittenHeaders } from '../batch/record-headers.ts'
import { aloneBytesOf } from '../batch/record-size.ts'
import { recordFault } from '../codec/record-fault.ts'
import type { Written } from '../contracts/carrier.ts'
import { never, type StateChange } from '../contracts/state-store.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { keyHash } from '../store/key-hash.ts'
import {
  InvalidOutput,
  LateEmission,
  OutputsTooLarge,
  StoreAboveBatches,
  UndeclaredStore,
  UndeclaredTopic,
} from './attempt-errors.ts'
import { type EncodedOutput, misfit, type Sink } from './encoded-output.ts'
import { outputBytes } from './output-bytes.ts'
import { OutputLog } from './output-log.ts'
import type { TaskOutputs } from './task-outputs.ts'
import type { StateWrite, TaskStore } from './task-store.ts'

export type { StateWrite, TaskStore } from './task-store.ts'

/** An attempt, as what gathers for it sees it. */
export interface Writer {
  /** For messages. */
  readonly recordId: string
  /** Writes its state through, noting each change in `gather`. */
  readonly applyWrites: (gather: Gather) => void
}

/** How many bytes of output a task holds, over all that it gathers and has not committed. */
export interface Meter {
  bytes: number
}

/** What every attempt of a task shares. */
export interface GatherSetup {
  readonly pipeline: string
  readonly sinks: ReadonlyMap<string, Sink>
  readonly stores: ReadonlyMap<string, TaskStore>
  readonly meter: Meter
  readonly outputBytesMax: number
  readonly now: () => number
  readonly late: (error: LateEmission) => void
}

/** Most records write none: nobody adds to this one. */
const noWrites: StateWrite[] = []

/**
 * What attempts write, in order, until it is decided what becomes of it. One for each record that runs alone; one
 * for a whole batch on the fast path, where only one attempt is {@link open} at a time.
 */
export class Gather {
  readonly setup: GatherSetup
  /** For what is gathered by itself. */
  #own = new OutputLog()
  outputs: OutputLog | TaskOutputs = this.#own
  /** How many were there before. */
  #base = 0
  writes: StateWrite[] = noWrites
  bytes = 0
  /** The attempt that may write now. */
  open: Writer | undefined
  /** The attempt is above bulk work: others of its key go on before its state is decided. */
  isAboveBatches = false
  /** A refusal that fails the attempt whatever its operators made of the throw. */
  refused: Error | undefined
  #startOutputs = 0
  #startBytes = 0

  constructor(setup: GatherSetup) {
    this.setup = setup
  }

  /** Not where it merely counts no bytes: the change of a key without any, to a value without any, is one. */
  get isEmpty(): boolean {
    return this.outputs.count === this.#base && this.writes.length === 0
  }

  /** What is gathered from here on goes behind what is in `outputs`, and stays there when it is handed over. */
  writeTo(outputs: TaskOutputs): void {
    this.outputs = outputs
    this.#base = outputs.count
  }

  /** What the open attempt has written goes back to where nobody else writes, for others go on before it ends. */
  writeApart(): void {
    const { outputs } = this
    if (outputs instanceof OutputLog) return
    outputs.moveTo(this.#own, this.#startOutputs)
    this.outputs = this.#own
    this.#base = 0
    this.#startOutputs = 0
  }

  /** Lets `attempt` write; what it wrote is kept by {@link keep} or taken back by {@link drop}. */
  begin(attempt: Writer): void {
    this.#startOutputs = this.outputs.count
    this.#startBytes = this.bytes
    this.refused = undefined
    this.open = attempt
  }

  /** Ends the open attempt and applies its state: visible to the next record of its key. */
  keep(): void {
    const attempt = this.open
    this.open = undefined
    attempt?.applyWrites(this)
  }

  /** Ends the open attempt as if it had never been. */
  drop(): void {
    this.open = undefined
    this.outputs.truncate(this.#startOutputs)
    this.#meter(this.#startBytes - this.bytes)
  }

  /** Takes back everything, state included. */
  dropAll(): void {
    this.open = undefined
    for (let at = this.writes.length - 1; at >= 0; at--) {
      const write = this.writes[at] as StateWrite
      write.store.undo(write)
    }
    this.outputs.truncate(this.#base)
    this.writes = noWrites
    this.#meter(-this.bytes)
  }

  /** Moves what is kept behind what is there, and begins anew; the meter goes on counting it until it is committed. */
  handOver(outputs: TaskOutputs, writes: StateWrite[]): void {
    for (const write of this.writes) write.joins(writes)
    this.writes = noWrites
    this.bytes = 0
    const gathered = this.outputs
    // what goes behind them at once is there
    if (!(gathered instanceof OutputLog)) return
    outputs.append(gathered)
    if (gathered.heldBytes > keptBytesMax) this.outputs = this.#own = new OutputLog()
    else gathered.truncate(0)
  }

  emit(attempt: Writer, topic: AnyTopic, written: Written): void {
    if (this.open !== attempt) throw this.late(attempt, `an output to topic '${topic.name}'`)
    const sink = this.setup.sinks.get(topic.name)
    if (sink === undefined) throw this.refuse(new UndeclaredTopic(this.setup.pipeline, topic.name))
    const fault = recordFault(written, -1)
    if (fault !== undefined)
      throw this.refuse(new InvalidOutput({ topic: topic.name, recordId: attempt.recordId, fault }))
    outputBytes.encode(topic, written)
    const { key, keyBytes, value, valueBytes } = outputBytes
    const { headers, timestamp } = written
    const fields = fieldsBytesOf(keyBytes, valueBytes, headers)
    const sizeBytes = aloneBytesOf(fields)
    const reason = misfit(sink, key, sizeBytes, attempt)
    if (reason !== undefined) throw this.refuse(reason)
    this.hold(sizeBytes, attempt)
    this.outputs.add(sink, key, keyBytes, value, valueBytes, headers, timestamp, fields)
  }

  /** Adds what is written in place of a record's own outputs, and was found to fit by whoever decided so. */
  addInstead({ sink, key, value, headers, timestamp }: EncodedOutput): void {
    const [keyBytes, valueBytes] = [lengthOf(key), lengthOf(value)]
    const fields = fieldsBytesOf(keyBytes, valueBytes, headers)
    this.#meter(aloneBytesOf(fields))
    this.outputs.add(sink, key, keyBytes, value, valueBytes, headers, timestamp, fields)
    this.#stands()
  }

  /** Adds an output in bytes, in place of what the record at hand would write; false where it cannot be written there. */
  addBytes(
    sink: Sink,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: WrittenHeaders,
    timestamp: number,
  ): boolean {
    const keyBytes = lengthOf(key)
    const valueBytes = lengthOf(value)
    const fields = fieldsBytesOf(keyBytes, valueBytes, headers)
    const sizeBytes = aloneBytesOf(fields)
    if (sizeBytes > sink.recordBytesMax || sizeBytes > this.setup.outputBytesMax) return false
    if (key === null && sink.isCompacted === true) return false
    this.#meter(sizeBytes)
    this.outputs.add(sink, key, keyBytes, value, valueBytes, headers, timestamp, fields)
    return true
  }

  /** Makes a change that was found to have room, in place of what the record at hand would set. */
  writeBytes(store: TaskStore, change: Pick<StateChange, 'key' | 'hash' | 'value' | 'expiresAt'>): void {
    this.wrote(store.write(change))
    this.#meter(change.key.length + (change.value?.length ?? 0))
  }

  /** Changes a store on the run's own account, and not on that of an attempt. */
  change(store: TaskStore, key: Uint8Array, value: Uint8Array | undefined): void {
    this.wrote(store.write({ key, hash: keyHash(key), value, expiresAt: never }))
    this.#meter(key.length + (value?.length ?? 0))
    this.#stands()
  }

  /** What there is belongs to no attempt that may still be dropped. */
  #stands(): void {
    this.#startOutputs = this.outputs.count
    this.#startBytes = this.bytes
  }

  /** Notes a change of state. */
  wrote(write: StateWrite): void {
    if (this.writes === noWrites) this.writes = [write]
    else this.writes.push(write)
  }

  /** Counts bytes against the bound on what one record may gather. */
  hold(sizeBytes: number, of: Writer): void {
    if (this.bytes - this.#startBytes + sizeBytes > this.setup.outputBytesMax)
      throw this.refuse(new OutputsTooLarge(this.setup.pipeline, of.recordId, this.setup.outputBytesMax))
    this.#meter(sizeBytes)
  }

  storeNamed(attempt: Writer, name: string): TaskStore {
    if (this.open !== attempt) throw this.late(attempt, `an access to store '${name}'`)
    const store = this.setup.stores.get(name)
    if (store === undefined) throw this.refuse(new UndeclaredStore(this.setup.pipeline, name))
    if (this.isAboveBatches) throw this.refuse(new StoreAboveBatches(this.setup.pipeline, name))
    return store
  }

  /** Fails the open attempt with `error`, even where an operator catches it. */
  refuse(error: Error): Error {
    this.refused ??= error
    return error
  }

  late(attempt: Writer, what: string): LateEmission {
    const error = new LateEmission(this.setup.pipeline, attempt.recordId, what)
    this.setup.late(error)
    return error
  }

  #meter(bytes: number): void {
    this.bytes += bytes
    this.setup.meter.bytes += bytes
  }
}

/** A record that runs alone keeps its own small log, to be used again; what is larger is left to the collector. */
const keptBytesMax = 16 * 1024
