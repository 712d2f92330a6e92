import * as E from 'fp-ts/lib/Either.js'
import { noHeaders } from '../batch/record-headers.ts'
import { aloneBytes } from '../batch/record-size.ts'
import type { AnyStore, StoreView } from '../contracts/store.ts'
import { ForeignKey, StateTooLarge, UnreadableRecord } from './attempt-errors.ts'
import type { Gather, TaskStore, Writer } from './gather.ts'
import type { Source } from './source.ts'

/** An attempt, as the stores that it opens see it. */
export interface StoreUser extends Writer {
  readonly source: Source
  /** The key bytes that the task let in. */
  readonly key: Uint8Array | null
}

/**
 * One key of a store, as one attempt sees it: what it set is its own until its record is done.
 */
export class OpenStore implements StoreView<unknown> {
  readonly #attempt: StoreUser
  readonly #gather: Gather
  readonly #store: TaskStore
  readonly #key: Uint8Array
  readonly #text: string
  #changed = false
  #value: Uint8Array | undefined

  constructor(attempt: StoreUser, gather: Gather, store: TaskStore, key: Uint8Array, text: string) {
    this.#attempt = attempt
    this.#gather = gather
    this.#store = store
    this.#key = key
    this.#text = text
  }

  /**
   * The bytes of `key` in the store, which must be those that the task let in: only then is this the one record of
   * that key that runs, here and in every other task.
   */
  static keyOf(attempt: StoreUser, gather: Gather, declaration: AnyStore, key: unknown): Uint8Array {
    const bytes = declaration.key.encode(key)
    const admitted = attempt.key
    if (bytes === null || admitted === null)
      throw gather.refuse(
        new ForeignKey(
          `store '${declaration.name}' needs a key and record '${attempt.recordId}' ${admitted === null ? 'came without one' : 'has lost its own'}: ` +
            'send it with a key, or rekey it and write it to a topic first',
        ),
      )
    if (!isEqual(bytes, admitted)) throw gather.refuse(foreign(attempt, declaration, key))
    return admitted
  }

  is(store: TaskStore): boolean {
    return this.#store === store
  }

  readonly get = (): unknown => {
    this.#check()
    const bytes = this.#changed ? this.#value : this.#store.state.get(this.#text)
    if (bytes === undefined) return undefined
    const { declaration } = this.#store
    const read = declaration.value.decode(bytes)
    if (E.isRight(read)) return read.right
    throw new UnreadableRecord(`${declaration.name}[${this.#text}]`, 'value', read.left)
  }

  readonly set = (value: unknown): void => {
    this.#check()
    const { declaration } = this.#store
    // a copy: what the codec answered may be the user's own array
    const bytes = value === undefined ? null : declaration.value.encode(value)
    const owned = bytes === null ? undefined : new Uint8Array(bytes)
    this.#checkSize(owned)
    this.#gather.hold((owned?.length ?? 0) + this.#key.length, this.#attempt)
    this.#changed = true
    this.#value = owned
  }

  /** Writes the change through to the store, and notes it for the changelog. */
  apply(gather: Gather): void {
    if (!this.#changed) return
    const { state } = this.#store
    const before = state.get(this.#text)
    state.set(this.#text, this.#value)
    gather.wrote({ store: this.#store, key: this.#key, text: this.#text, value: this.#value, before })
  }

  /** What the state says and the changelog cannot would be lost with this instance. */
  #checkSize(value: Uint8Array | undefined): void {
    const { declaration, changelog } = this.#store
    const sizeBytes = aloneBytes(this.#key, value ?? null, noHeaders)
    if (sizeBytes <= changelog.recordBytesMax) return
    const { topic, recordBytesMax: maxBytes } = changelog
    const { recordId } = this.#attempt
    throw this.#gather.refuse(
      new StateTooLarge({ store: declaration.name, recordId, sizeBytes, changelog: topic, maxBytes }),
    )
  }

  #check(): void {
    if (this.#gather.open !== this.#attempt)
      throw this.#gather.late(this.#attempt, `an access to store '${this.#store.declaration.name}'`)
  }
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

const foreign = (attempt: StoreUser, declaration: AnyStore, key: unknown): ForeignKey => {
  const { of } = attempt.source
  const inTopic = of.key.encode(key)
  const sameInTopic = inTopic !== null && attempt.key !== null && isEqual(inTopic, attempt.key)
  return new ForeignKey(
    sameInTopic
      ? `store '${declaration.name}' writes keys as ${declaration.key.name} and topic '${of.name}' as ${of.key.name}: ` +
          'give both the same key codec, so that they agree on what one key is'
      : `store '${declaration.name}' was asked for another key than the one record '${attempt.recordId}' came with: ` +
          'that key may be at work elsewhere; write the record to a topic under its new key first, and keep the state there',
  )
}
