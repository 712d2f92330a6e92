import type { StatePlace, StoreDeclaration } from '../contracts/store.ts'
import { given } from './arguments.ts'
import { type Duration, durationMs } from './duration.ts'
import { type Field, type FieldOf, keyCodec, valueCodec, type WritableField } from './field-codec.ts'
import { refuseUnknownOptions } from './known-options.ts'
import { storeName } from './names.ts'
import { field } from './topic.ts'

/** What {@link store} takes beside the name. */
export interface StoreOptions<K extends Field, V extends Field> {
  /** Of the records that use it: their key is the only one they see. Written as a topic's key is. */
  readonly key: K & WritableField<K>
  readonly value: V & WritableField<V>
  /** How long after it was set what a key has stays: `'24h'`. For good where nothing is said, and no record says otherwise. */
  readonly expireAfter?: Duration
  /**
   * What it may take in memory for each task: keys, values and 48 bytes an entry; a gibibyte where nothing is said, and at most
   * eight. One that is full holds its task up, loudly, with all that it has: see `StateStoreFull`.
   */
  readonly maxBytes?: number
  /**
   * `'disk'`: in a directory of this machine, for state that is larger than memory. Needs the package `classic-level`, and an engine
   * that has a directory here, or `connect(…, { state })`. In memory where nothing is said.
   */
  readonly in?: 'memory' | 'disk'
}

/**
 * Describes a keyed store: the only memory that a pipeline has between records. Its changes are written, and committed,
 * with the record that made them. The name is the pipeline's own: two pipelines may use one name.
 *
 * **Errors** a name that cannot be part of a topic's name, or longer than 100 characters, is a `TypeError`, and so is an option
 * that is none.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { store } from 'millrace'
 *
 * const totals = store('totals', { key: t.string, value: t.number })
 * totals.name // => 'totals'
 * ```
 */
export const store = <K extends Field, V extends Field>(
  name: string,
  options: StoreOptions<K, V>,
): StoreDeclaration<FieldOf<K>, FieldOf<V>> => {
  const what = `store('${storeName(name)}', …)`
  refuseUnknownOptions(what, options, ['key', 'value', 'expireAfter', 'maxBytes', 'in'])
  const { expireAfter } = options
  return {
    name,
    key: field(`the key of store '${name}'`, () => keyCodec<FieldOf<K>>(options.key)),
    value: field(`the value of store '${name}'`, () => valueCodec<FieldOf<V>>(options.value)),
    ...(expireAfter === undefined ? {} : { expireAfterMs: expiryMs(`${what}: expireAfter`, expireAfter) }),
    ...statePlace(what, options),
  }
}

/** Where state is kept, and how much of it, as `what` was told. **Errors** throws a `TypeError` for what makes no sense. */
export const statePlace = (what: string, { maxBytes, in: kept }: StatePlace): StatePlace => {
  if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && maxBytes >= 1 && maxBytes <= maxBytesMost))
    throw new TypeError(`${what}: maxBytes is a whole number from 1 to ${maxBytesMost}, and not ${given(maxBytes)}`)
  const known: unknown = kept
  if (known !== undefined && known !== 'memory' && known !== 'disk')
    throw new TypeError(`${what}: in is 'memory' or 'disk', and not ${given(known)}`)
  if (kept === 'disk' && maxBytes !== undefined)
    throw new TypeError(`${what}: maxBytes is for state in memory, and this is kept on disk: leave it out`)
  return { ...(maxBytes === undefined ? {} : { maxBytes }), ...(kept === undefined ? {} : { in: kept }) }
}

/** What a store in memory may be told to take: its holes and its tables beside are within what addresses reach. */
const maxBytesMost = 8 * 1024 ** 3

/** A time for which something is kept, in whole milliseconds, at least one. **Errors** throws a `TypeError` for what is none. */
export const expiryMs = (what: string, duration: Duration): number => {
  const ms = Math.round(durationMs(what, duration))
  if (ms >= 1) return ms
  throw new TypeError(`${what} takes a time of at least a millisecond, and not ${given(duration)}`)
}
