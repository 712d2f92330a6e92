import * as E from 'fp-ts/lib/Either.js'
import type { Observable } from 'rxjs'
import { isStore, isTopic, refuseArgument, requireFunction } from '../src/codec/arguments.ts'
import { shown } from '../src/codec/decode-error.ts'
import { Carrier } from '../src/contracts/carrier.ts'
import { EncodeError } from '../src/contracts/codec.ts'
import { mapEach, type Need } from '../src/contracts/probe.ts'
import { refuseUncarried } from '../src/contracts/refusal.ts'
import type { StoreDeclaration } from '../src/contracts/store.ts'
import type { StreamRecord } from '../src/contracts/stream-record.ts'

/** `unknown` where records of keys `K` may use a store of keys `J`, and otherwise a type that nothing fits. */
type KeyFits<K, J> = [K] extends [J] ? unknown : { readonly 'key does not fit the store': { takes: J; got: K } }

/**
 * Folds the values of each key: `fold` gets what it answered for this key last (`seed` the first time) and the new
 * value; its answer is kept in `store`, and is the record's value from here on.
 *
 * **Guarantees** one output per input; key, timestamp, headers, id and task stay. The state is committed with the
 * record, or dropped with it, and survives the process; changing it, or the seed, in place changes nothing. Works
 * record by record.
 *
 * **Errors** what `fold` throws, or the store's codec cannot write, fails the record. A record whose key was changed
 * since it was read is refused: write it to a topic first, and fold there. A seed that the codec cannot write throws
 * here.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { store, stream, topic } from 'millrace'
 * import { scanByKey, to } from 'millrace/operators'
 *
 * const orders = topic('orders', { key: t.string, value: t.type({ total: t.number }) })
 * const totals = topic('totals', { key: t.string, value: t.number })
 * const sums = store('sums', { key: t.string, value: t.number })
 * const totalling = stream(orders).pipe(scanByKey(sums, 0, (sum, order) => sum + order.total), to(totals))
 * totalling.operators.length // => 2
 * ```
 */
export const scanByKey = <J, V, S, K = J>(
  store: StoreDeclaration<J, S>,
  seed: NoInfer<S>,
  fold: (state: S, value: V, record: StreamRecord<K, V>) => NoInfer<S>,
): ((source: Observable<StreamRecord<K, V>> & KeyFits<K, J>) => Observable<StreamRecord<K, S>>) => {
  if (!isStore(store) || isTopic(store)) refuseArgument('scanByKey(…)', 'a store first', store, storeWayOut)
  requireFunction(
    `scanByKey('${store.name}', …)`,
    'a seed and a function',
    fold,
    'scanByKey(sums, 0, (sum, value) => …)',
  )
  const need: Need = { _tag: 'store', store }
  const begin = fresh(store, seed)
  return mapEach(
    (record) => {
      const carrier = Carrier.of(record) ?? refuseUncarried(need, record)
      const view = carrier.store(store, record)
      const value = fold(view.get() ?? begin(), record.value, record)
      view.set(value)
      return { ...record, value }
    },
    [need],
  )
}

const storeWayOut = "make one with store('sums', { key, value }), and pass that"

/** The seed anew each time, as its codec reads it: one key's first value must not be changed by another's `fold`. */
const fresh = <K, S>(store: StoreDeclaration<K, S>, seed: S): (() => S) => {
  const bytes = encodedSeed(store, seed)
  if (typeof seed !== 'object') return () => seed
  return () => {
    const read = store.value.decode(bytes)
    if (E.isRight(read)) return read.right
    throw new TypeError(`the seed of store '${store.name}' is none of its values: ${read.left.report.join('; ')}`)
  }
}

const encodedSeed = <K, S>(store: StoreDeclaration<K, S>, seed: S): Uint8Array | null => {
  try {
    return store.value.encode(seed)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : shown(cause)
    throw new EncodeError(`the seed of store '${store.name}' is none of its values: ${why}`, { cause })
  }
}
