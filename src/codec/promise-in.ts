import { isPromise } from './is-promise.ts'

/** Deeper, or after more values, nothing is looked for: a value may be in itself. */
const maxDepth = 8
const maxValues = 10_000

/** Where in `value` a promise was left, as in `items.0.price`; empty where it is one, `undefined` where there is none. */
export const promiseIn = (value: unknown): string | undefined => {
  let left = maxValues
  const search = (inner: unknown, path: readonly string[]): string | undefined => {
    if (isPromise(inner)) return path.join('.')
    if (typeof inner !== 'object' || inner === null || path.length === maxDepth || left-- <= 0) return undefined
    for (const [name, property] of Object.entries(inner)) {
      const found = search(property, [...path, name])
      if (found !== undefined) return found
    }
    return undefined
  }
  return search(value, [])
}
