import * as E from 'fp-ts/lib/Either.js'
import { keyOfTopic } from '../../src/codec/store-key.ts'
import { text } from '../../src/codec/text.ts'
import { Carrier, type Written } from '../../src/contracts/carrier.ts'
import type { StoreDeclaration, StoreView } from '../../src/contracts/store.ts'
import type { AnyRecord } from '../../src/contracts/stream-record.ts'
import type { AnyTopic } from '../../src/contracts/topic.ts'
import { textOf } from './text-of.ts'

interface Output extends Written {
  readonly topic: AnyTopic
}

/** A carrier that keeps what operators do with it, for operators tested without a runner. State is kept in bytes. */
export class GatheringCarrier extends Carrier {
  readonly outputs: Output[] = []
  readonly #state: Map<string, Uint8Array>
  readonly #expiries: Map<string, number>
  readonly nowMs: number
  readonly #controller = new AbortController()
  #names = 0

  /** `state` is shared between the attempts that shall see one another's. */
  constructor(state: Map<string, Uint8Array> = new Map(), nowMs = 0) {
    super()
    this.#state = state
    this.nowMs = nowMs
    let known = expiriesOf.get(state)
    if (known === undefined) expiriesOf.set(state, (known = new Map()))
    this.#expiries = known
  }

  override emit(topic: AnyTopic, { key, value, headers, timestamp }: Written): void {
    topic.key.encode(key)
    topic.value.encode(value)
    this.outputs.push({ topic, key, value, headers, timestamp })
  }

  override store<K, V>(declaration: StoreDeclaration<K, V>, record: AnyRecord, part?: Uint8Array): StoreView<V> {
    const { name, key: codec, value, expireAfterMs } = declaration
    const key = codec === keyOfTopic ? text.encode(String(record.key)) : codec.encode(record.key as K)
    const place = `${name} ${textOf(key)}${part === undefined ? '' : ` ${textOf(part)}`}`
    return {
      get: () => {
        const bytes = (this.#expiries.get(place) ?? this.nowMs + 1) <= this.nowMs ? undefined : this.#state.get(place)
        const read = bytes === undefined ? undefined : value.decode(bytes)
        return read !== undefined && E.isRight(read) ? read.right : undefined
      },
      set: (set, { expiresAt = expireAfterMs === undefined ? undefined : this.nowMs + expireAfterMs } = {}) => {
        const bytes = set === undefined ? null : value.encode(set)
        this.#expiries.delete(place)
        if (bytes === null) this.#state.delete(place)
        else this.#state.set(place, bytes)
        if (bytes !== null && expiresAt !== undefined) this.#expiries.set(place, expiresAt)
      },
    }
  }

  override unique(): string {
    this.#names += 1
    return `gathered/${this.#names}`
  }

  override now(): number {
    return this.nowMs
  }

  override get signal(): AbortSignal {
    return this.#controller.signal
  }
}

const expiriesOf = new WeakMap<Map<string, Uint8Array>, Map<string, number>>()
