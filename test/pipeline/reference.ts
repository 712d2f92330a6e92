import * as E from 'fp-ts/lib/Either.js'
import { Observable } from 'rxjs'
import { Carrier, type Written } from '../../src/contracts/carrier.ts'
import { keyText } from '../../src/contracts/state-store.ts'
import type { StoreDeclaration, StoreView } from '../../src/contracts/store.ts'
import { type AnyRecord, task } from '../../src/contracts/stream-record.ts'
import type { AnyTopic } from '../../src/contracts/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { Input } from './simulated-task.ts'

type State = Map<string, Map<string, Uint8Array>>

class ReferenceCarrier extends Carrier {
  readonly outputs: string[] = []
  readonly writes: (() => void)[] = []
  readonly signal: AbortSignal = new AbortController().signal
  readonly #own = new Map<string, Uint8Array | undefined>()
  readonly #state: State
  constructor(state: State) {
    super()
    this.#state = state
  }
  emit(topic: AnyTopic, { key, value }: Written): void {
    const text = (bytes: Uint8Array | null): string => (bytes === null ? '-' : keyText(bytes))
    this.outputs.push(`${topic.name} ${text(topic.key.encode(key))}=${text(topic.value.encode(value))}`)
  }
  store<K, V>({ name, key, value }: StoreDeclaration<K, V>, record: AnyRecord): StoreView<V> {
    const at = keyText(key.encode(record.key as K) as Uint8Array)
    return {
      get: () => {
        const bytes = this.#own.has(name) ? this.#own.get(name) : this.#state.get(name)?.get(at)
        if (bytes === undefined) return undefined
        const read = value.decode(bytes)
        if (E.isLeft(read)) throw new Error('unreadable')
        return read.right
      },
      set: (next) => {
        const bytes = next === undefined ? undefined : (value.encode(next) as Uint8Array)
        this.#own.set(name, bytes)
        this.writes.push(() => {
          const values = this.#state.get(name) ?? new Map<string, Uint8Array>()
          this.#state.set(name, values)
          if (bytes === undefined) values.delete(at)
          else values.set(at, bytes)
        })
      },
    }
  }
  unique(): string {
    return 'unique'
  }
  now(): number {
    return 0
  }
}

/**
 * What a pipeline means: one record after the other, each through a chain of its own; outputs and state of those that
 * fail are left out, and `instead` is written. For operators that take no time.
 */
export const reference = (
  operators: () => Operators,
  input: readonly Input[],
  partition: number,
  instead: (recordId: string) => readonly string[],
): { readonly outputs: readonly string[]; readonly state: State; readonly mostBytes: number } => {
  const state: State = new Map()
  const outputs: string[] = []
  let mostBytes = 0
  const ends = new Map<string, number>()
  for (const { topic, key, value } of input) {
    const offset = ends.get(topic.name) ?? 0
    ends.set(topic.name, offset + 1)
    const carrier = new ReferenceCarrier(state)
    const id = `${topic.name}-${partition}-${offset}`
    const record: AnyRecord = {
      topic: topic.name,
      partition,
      offset,
      id,
      timestamp: 1_000 + offset,
      headers: new Map(),
      key,
      value,
      [task]: carrier,
    }
    let hasFailed = false
    let out: Observable<unknown> = new Observable((s) => {
      s.next(record)
      s.complete()
    })
    for (const operator of operators()) out = operator(out)
    out.subscribe({
      error: () => {
        hasFailed = true
      },
    })
    mostBytes = Math.max(mostBytes, carrier.outputs.length * 128 + carrier.writes.length * 16)
    if (hasFailed) outputs.push(...instead(id))
    else {
      outputs.push(...carrier.outputs)
      for (const write of carrier.writes) write()
    }
  }
  return { outputs, state, mostBytes }
}
