import { shown } from './decode-error.ts'
import { isPromise } from './is-promise.ts'

/**
 * `value` as `JSON.stringify` writes it, but for what that would silently lose, which is refused: a number that is not
 * finite and `undefined` in an array, which become `null`; promises, Maps and Sets, which become `{}`. Throws a
 * `TypeError` for it, and for all that JSON has no words for.
 */
export const plainJson = (value: unknown): string => {
  const json: string | undefined = JSON.stringify(value)
  if (json === undefined) throw new TypeError(`JSON has no word for ${shown(value)}`)
  // looking for the words costs next to nothing, where a replacer function would cost more than writing the JSON
  if (json.includes('null') || json.includes('{}')) refuseLost(value, '')
  return json
}

const refuseLost = (value: unknown, path: string): void => {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError(`JSON has no word for ${value}${at(path)}`)
  if (typeof value !== 'object' || value === null) return
  if ('toJSON' in value && typeof value.toJSON === 'function') return refuseLost(value.toJSON(), path)
  const empty = emptied(value)
  if (empty !== undefined) throw new TypeError(`${empty}${at(path)}`)
  for (const [name, inner] of Object.entries(value)) {
    const here = path === '' ? name : `${path}.${name}`
    if (Array.isArray(value) && (inner === undefined || typeof inner === 'function' || typeof inner === 'symbol'))
      throw new TypeError(`JSON has no word for ${shown(inner)}${at(here)}`)
    refuseLost(inner, here)
  }
}

/** Why nothing would be left of `value` in JSON; `undefined` where that is not so. */
export const emptied = (value: object): string | undefined => {
  if (isPromise(value)) return `JSON has no word for ${shown(value)}`
  if (value instanceof Map || value instanceof Set)
    return `JSON keeps nothing of ${shown(value)}, make an object or an array of it`
  return undefined
}

const at = (path: string): string => (path === '' ? '' : ` (at ${path})`)
