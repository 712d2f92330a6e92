import { Carrier, type Written } from '../contracts/carrier.ts'
import type { StoreDeclaration, StoreView } from '../contracts/store.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { AttemptGivenUp } from './attempt-errors.ts'
import type { Gather } from './gather.ts'
import { OpenStore } from './open-store.ts'
import type { RawRecord, Source } from './source.ts'

/** The carrier of one attempt at one record: writes go to its gather, for as long as it is the one open there. */
export class Attempt extends Carrier {
  readonly #gather: Gather
  readonly source: Source
  readonly offset: number
  #raw: RawRecord
  #stores: OpenStore[] | undefined
  #storeTime: number | undefined
  #names: number | undefined
  #controller: AbortController | undefined

  constructor(gather: Gather, source: Source, raw: RawRecord) {
    super()
    this.#gather = gather
    this.source = source
    this.offset = raw.offset
    this.#raw = raw
  }

  /** The key bytes that the task let in; nobody may change them. To be asked for while this is the attempt at work. */
  // Most attempts open no store, and a view of the key costs what reading the key does.
  get key(): Uint8Array | null {
    return this.#raw.key
  }

  get recordId(): string {
    return this.source.prefix + this.offset
  }

  override emit(topic: AnyTopic, written: Written): void {
    this.#gather.emit(this, topic, written)
  }

  override store<K, V>(declaration: StoreDeclaration<K, V>, record: AnyRecord, part?: Uint8Array): StoreView<V> {
    const store = this.#gather.storeNamed(this, declaration.name)
    const key = OpenStore.keyOf(this, this.#gather, declaration, record.key, part)
    const open = this.#stores?.find((other) => other.is(store, key))
    if (open !== undefined) return open as StoreView<V>
    const opened = new OpenStore(this, this.#gather, store, key)
    if (this.#stores === undefined) this.#stores = [opened]
    else this.#stores.push(opened)
    return opened as StoreView<V>
  }

  override unique(): string {
    this.#names = (this.#names ?? 0) + 1
    return `${this.#gather.setup.pipeline}/${this.recordId}/${this.#names}`
  }

  override now(): number {
    return this.#gather.setup.now()
  }

  /** By which it sees what has expired: one time, however long it takes. */
  get storeTime(): number {
    return (this.#storeTime ??= this.now())
  }

  override get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#gather.open !== this) this.#controller.abort(new AttemptGivenUp('the attempt has ended'))
    }
    return this.#controller.signal
  }

  /** Its record as one that has entered, where it outlasts the cursor that it was begun at. */
  enteredAs(raw: RawRecord): void {
    this.#raw = raw
  }

  /** Gives the attempt up: whoever watches its signal hears of it, and whoever asks for it later. */
  giveUp(reason: unknown): void {
    this.#controller?.abort(reason)
  }

  /** Writes the attempt's state through. */
  applyWrites(gather: Gather): void {
    if (this.#stores !== undefined) for (const store of this.#stores) store.apply(gather)
  }
}
