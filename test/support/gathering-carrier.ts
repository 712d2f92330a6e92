import * as E from 'fp-ts/lib/Either.js'
import { Carrier, type Output } from '../../src/contracts/carrier.ts'
import type { StoreDeclaration, StoreView } from '../../src/contracts/store.ts'
import type { AnyRecord } from '../../src/contracts/stream-record.ts'
import { textOf } from './text-of.ts'

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

  override emit(output: Output): void {
    output.topic.key.encode(output.key)
    output.topic.value.encode(output.value)
    this.outputs.push(output)
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
