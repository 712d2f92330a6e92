import * as E from 'fp-ts/lib/Either.js'
import { aloneBytes } from '../batch/record-size.ts'
import { given } from '../codec/arguments.ts'
import { ownCopy } from '../codec/own-bytes.ts'
import { sameBytes } from '../codec/same-bytes.ts'
import { keyOfTopic, withPart } from '../codec/store-key.ts'
import { hasExpired, never } from '../contracts/state-store.ts'
import type { AnyStore, SetOptions, StoreView } from '../contracts/store.ts'
import { headersLike } from '../store/changelog-record.ts'
import { keyHash } from '../store/key-hash.ts'
import { ForeignKey, StateTooLarge } from './attempt-errors.ts'
import type { Gather, Writer } from './gather.ts'
import type { Source } from './source.ts'
import type { TaskStore } from './task-store.ts'

/** An attempt, as the stores that it opens see it. */
export interface StoreUser extends Writer {
  readonly source: Source
  /** The key bytes that the task let in. */
  readonly key: Uint8Array | null
  /** By which it sees what has expired. */
  readonly storeTime: number
}

/**
 * One place of a store, as one attempt sees it: what it set is its own until its record is done.
 */
export class OpenStore implements StoreView<unknown> {
  readonly #attempt: StoreUser
  readonly #gather: Gather
  readonly #store: TaskStore
  readonly #key: Uint8Array
  readonly #hash: number
  #changed = false
  #value: Uint8Array | undefined
  #expiresAt = never

  constructor(attempt: StoreUser, gather: Gather, store: TaskStore, key: Uint8Array) {
    this.#attempt = attempt
    this.#gather = gather
    this.#store = store
    this.#key = key
    this.#hash = keyHash(key)
  }

  /**
   * The bytes of `key` in the store, which must be those that the task let in: only then is this the one record of
   * that key that runs, here and in every other task.
   */
  static keyOf(
    attempt: StoreUser,
    gather: Gather,
    declaration: AnyStore,
    key: unknown,
    part: Uint8Array | undefined,
  ): Uint8Array {
    const codec = declaration.key === keyOfTopic ? attempt.source.of.key : declaration.key
    const bytes = codec.encode(key)
    const admitted = attempt.key
    if (bytes === null || admitted === null)
      throw gather.refuse(
        new ForeignKey(
          `store '${declaration.name}' needs a key and record '${attempt.recordId}' ${admitted === null ? 'came without one' : 'has lost its own'}: ` +
            'send it with a key, or rekey it and write it to a topic first',
        ),
      )
    if (!sameBytes(bytes, admitted)) throw gather.refuse(foreign(attempt, declaration, key))
    return declaration.hasParts === true ? withPart(admitted, part ?? noPart) : admitted
  }

  is(store: TaskStore, key: Uint8Array): boolean {
    return this.#store === store && (this.#key === key || sameBytes(this.#key, key))
  }

  readonly get = (): unknown => {
    this.#check()
    const bytes = this.#bytes()
    if (bytes === undefined) return undefined
    const { declaration } = this.#store
    const read = declaration.value.decode(bytes)
    if (E.isRight(read)) return read.right
    throw this.#gather.refuse(this.#store.unreadable('value', this.#key, read.left))
  }

  readonly set = (value: unknown, options?: SetOptions): void => {
    this.#check()
    const { declaration } = this.#store
    // a copy: what the codec answered may be the user's own array
    const bytes = value === undefined ? null : declaration.value.encode(value)
    const owned = bytes === null ? undefined : ownCopy(bytes)
    const expiresAt = owned === undefined ? never : this.#expiry(options)
    this.#checkSize(owned, expiresAt)
    this.#gather.hold((owned?.length ?? 0) + this.#key.length, this.#attempt)
    this.#changed = true
    this.#value = owned
    this.#expiresAt = expiresAt
  }

  /** Writes the change through to the store, and notes it for the changelog. */
  apply(gather: Gather): void {
    if (!this.#changed) return
    gather.wrote(
      this.#store.write({ key: this.#key, hash: this.#hash, value: this.#value, expiresAt: this.#expiresAt }),
    )
  }

  #bytes(): Uint8Array | undefined {
    // looking at the clock costs what reading the store does
    if (this.#changed)
      return this.#expiresAt !== never && hasExpired(this.#expiresAt, this.#attempt.storeTime) ? undefined : this.#value
    return this.#store.get(this.#key, this.#hash, this.#store.mayExpire ? this.#attempt.storeTime : never)
  }

  #expiry(options: SetOptions | undefined): number {
    const { name, expireAfterMs } = this.#store.declaration
    const expiresAt = options?.expiresAt
    if (expiresAt === undefined) return expireAfterMs === undefined ? never : this.#attempt.storeTime + expireAfterMs
    if (Number.isSafeInteger(expiresAt) && expiresAt > 0) return expiresAt
    throw new TypeError(
      `store '${name}': expiresAt is a time in whole milliseconds since the epoch, and not ${given(expiresAt)}`,
    )
  }

  /** What the state says and the changelog cannot, or this instance has no room for, would be lost. */
  #checkSize(value: Uint8Array | undefined, expiresAt: number): void {
    const { declaration, changelog } = this.#store
    const sizeBytes = aloneBytes(this.#key, value ?? null, headersLike(expiresAt))
    if (sizeBytes > changelog.recordBytesMax) {
      const { topic, recordBytesMax: maxBytes } = changelog
      const { recordId } = this.#attempt
      throw this.#gather.refuse(
        new StateTooLarge({ store: declaration.name, recordId, sizeBytes, changelog: topic, maxBytes }),
      )
    }
    if (value === undefined) return
    const full = this.#store.fullWith(this.#key, this.#hash, value.length)
    if (full !== undefined) throw this.#gather.refuse(full)
  }

  #check(): void {
    if (this.#gather.open !== this.#attempt)
      throw this.#gather.late(this.#attempt, `an access to store '${this.#store.declaration.name}'`)
  }
}

const noPart = new Uint8Array()

const foreign = (attempt: StoreUser, declaration: AnyStore, key: unknown): ForeignKey => {
  const { of } = attempt.source
  const inTopic = of.key.encode(key)
  const sameInTopic = inTopic !== null && attempt.key !== null && sameBytes(inTopic, attempt.key)
  return new ForeignKey(
    sameInTopic
      ? `store '${declaration.name}' writes keys as ${declaration.key.name} and topic '${of.name}' as ${of.key.name}: ` +
          'give both the same key codec, so that they agree on what one key is'
      : `store '${declaration.name}' was asked for another key than the one record '${attempt.recordId}' came with: ` +
          'that key may be at work elsewhere; write the record to a topic under its new key first, and keep the state there',
  )
}
