import * as E from 'fp-ts/lib/Either.js'
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
  readonly #controller = new AbortController()

  /** `state` is shared between the attempts that shall see one another's. */
  constructor(state: Map<string, Uint8Array> = new Map()) {
    super()
    this.#state = state
  }

  override emit(topic: AnyTopic, { key, value, headers, timestamp }: Written): void {
    topic.key.encode(key)
    topic.value.encode(value)
    this.outputs.push({ topic, key, value, headers, timestamp })
  }

  override store<K, V>(declaration: StoreDeclaration<K, V>, record: AnyRecord): StoreView<V> {
    const place = `${declaration.name} ${textOf(declaration.key.encode(record.key as K))}`
    return {
      get: () => {
        const bytes = this.#state.get(place)
        const read = bytes === undefined ? undefined : declaration.value.decode(bytes)
        return read !== undefined && E.isRight(read) ? read.right : undefined
      },
      set: (value) => {
        const bytes = value === undefined ? null : declaration.value.encode(value)
        if (bytes === null) this.#state.delete(place)
        else this.#state.set(place, bytes)
      },
    }
  }

  override now(): number {
    return 0
  }

  override get signal(): AbortSignal {
    return this.#controller.signal
  }
}
