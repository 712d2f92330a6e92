import * as E from 'fp-ts/lib/Either.js'
import { given, isStore } from '../codec/arguments.ts'
import { partedKey } from '../codec/store-key.ts'
import type { Clock } from '../contracts/clock.ts'
import type { DecodeError } from '../contracts/codec.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { hasExpired, type StateEntry } from '../contracts/state-store.ts'
import type { AnyStore, StoreDeclaration } from '../contracts/store.ts'
import { keyedPartition } from '../protocol/client/partitioner.ts'
import { keyHash } from '../store/key-hash.ts'
import type { LiveTask } from './live-task.ts'
import type { Plan } from './plan.ts'
import type { TaskStore } from './task-store.ts'

/**
 * What a store has for a key, as far as this instance can say:
 *
 * - `found`
 * - `none`: nothing, or what there was has expired
 * - `elsewhere`: this instance has not the task whose key it is, or not yet: another one may know
 */
export type Found<V> =
  | { readonly _tag: 'found'; readonly value: V }
  | { readonly _tag: 'none' }
  | { readonly _tag: 'elsewhere'; readonly task: number }

/** Looks into a store of a running pipeline, and changes nothing. */
export interface StoreQuery<K, V> {
  /** What is committed for `key`. Throws what the codec of the key throws, and `StateUnreadable` for what was kept by another declaration. */
  readonly get: (key: K) => Found<V>
  /**
   * All that is committed and has not expired in the tasks that this instance has, in no order. What is there throughout is among
   * it once; what changes meanwhile may be. Rejects with `MillraceError` `closed` where a task goes elsewhere meanwhile.
   */
  readonly entries: () => AsyncIterableIterator<readonly [K, V]>
  /** The tasks of this instance, by number: partition i of every topic is task i. */
  readonly tasks: () => readonly number[]
}

export interface QuerySetup {
  readonly plan: Plan
  readonly clock: Clock
  /** How many there are in all. */
  readonly taskCount: () => number
  readonly tasks: () => Iterable<LiveTask>
}

/** **Errors** throws a `TypeError` for what is no store of the pipeline. */
export const storeQuery = <K, V>(o: QuerySetup, declaration: StoreDeclaration<K, V>): StoreQuery<K, V> => {
  const { plan, clock } = o
  const known = isStore(declaration) ? plan.stores.get(declaration.name) : undefined
  if (known === undefined) {
    const names = [...plan.stores.keys()].map((name) => `'${name}'`).join(', ')
    throw new TypeError(
      `running.store(…) takes a store that pipeline '${plan.name}' uses (${names === '' ? 'it uses none' : names}), and not ${given(declaration)}`,
    )
  }
  const here = (): readonly LiveTask[] =>
    [...o.tasks()].filter(({ state }) => state === 'running' || state === 'draining')
  const storeOf = (task: LiveTask): TaskStore => task.stores.get(declaration.name) as TaskStore
  const { key: keyCodec, value: valueCodec } = declaration
  const readKey = (store: TaskStore, key: Uint8Array): K =>
    orThrow(keyCodec.decode(key), (error) => store.unreadable('key', key, error))
  const readValue = (store: TaskStore, key: Uint8Array, value: Uint8Array): V =>
    orThrow(valueCodec.decode(value), (error) => store.unreadable('value', key, error))

  async function* entries(): AsyncGenerator<readonly [K, V], void, undefined> {
    for (const task of here()) {
      const store = storeOf(task)
      for await (const some of whole(task, declaration, store))
        for (const { key, value, expiresAt } of some)
          if (!hasExpired(expiresAt, clock.now())) {
            const own = known?.hasParts === true ? partedKey(key).key : key
            yield [readKey(store, own), readValue(store, key, value)]
          }
    }
  }

  return {
    get: (key) => {
      const bytes = declaration.key.encode(key)
      if (bytes === null) return { _tag: 'none' }
      const hash = keyHash(bytes)
      const tasks = here()
      for (const task of tasks) {
        const store = storeOf(task)
        const value = store.state.get(bytes, hash, clock.now())
        if (value !== undefined) return { _tag: 'found', value: readValue(store, bytes, value) }
      }
      const task = keyedPartition(bytes, o.taskCount())
      // whoever sends may have put a key elsewhere: only all tasks together can say that there is nothing
      const isSaid = tasks.length === o.taskCount() || tasks.some((one) => one.task === task)
      return isSaid ? { _tag: 'none' } : { _tag: 'elsewhere', task }
    },
    entries,
    tasks: () => here().map(({ task }) => task),
  }
}

async function* whole(task: LiveTask, { name }: AnyStore, store: TaskStore): AsyncGenerator<readonly StateEntry[]> {
  const gone = (): MillraceError =>
    new MillraceError(
      engineFailure('closed', `task ${task.task} went elsewhere while its store '${name}' was read: ask again`),
    )
  try {
    for await (const some of store.state.entries()) {
      yield some
      if (!task.isOurs) throw gone()
    }
  } catch (error) {
    throw task.isOurs ? error : gone()
  }
  if (!task.isOurs) throw gone()
}

const orThrow = <A>(decoded: E.Either<DecodeError, A>, error: (left: DecodeError) => Error): A => {
  if (E.isRight(decoded)) return decoded.right
  throw error(decoded.left)
}
