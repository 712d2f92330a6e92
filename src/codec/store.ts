import type { StoreDeclaration } from '../contracts/store.ts'
import { type Field, type FieldOf, keyCodec, valueCodec, type WritableField } from './field-codec.ts'
import { refuseUnknownOptions } from './known-options.ts'
import { storeName } from './names.ts'
import { field } from './topic.ts'

/** What {@link store} takes beside the name. */
export interface StoreOptions<K extends Field, V extends Field> {
  /** Of the records that use it: their key is the only one they see. Written as a topic's key is. */
  readonly key: K & WritableField<K>
  readonly value: V & WritableField<V>
}

/**
 * Describes a keyed store: the only memory that a pipeline has between records. Its changes are written, and committed,
 * with the record that made them. The name is the pipeline's own: two pipelines may use one name.
 *
 * **Errors** a name that cannot be part of a topic's name, or longer than 100 characters, is a `TypeError`.
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
  refuseUnknownOptions(`store('${storeName(name)}', …)`, options, ['key', 'value'])
  return {
    name,
    key: field(`the key of store '${name}'`, () => keyCodec<FieldOf<K>>(options.key)),
    value: field(`the value of store '${name}'`, () => valueCodec<FieldOf<V>>(options.value)),
  }
}
