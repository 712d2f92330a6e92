/**
 * `value` as `JSON.stringify` writes it, but for what that would silently turn into `null`, which is refused: a number
 * that is not finite, and `undefined` in an array. Throws a `TypeError` for it, and for all that JSON has no words for.
 */
export const plainJson = (value: unknown): string => {
  const json: string | undefined = JSON.stringify(value)
  if (json === undefined) throw new TypeError(`JSON has no word for ${String(value)}`)
  // looking for the word costs next to nothing, where a replacer function would cost more than writing the JSON
  if (json.includes('null')) refuseLost(value, '')
  return json
}

const refuseLost = (value: unknown, path: string): void => {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError(`JSON has no word for ${value}${at(path)}`)
  if (typeof value !== 'object' || value === null) return
  if ('toJSON' in value && typeof value.toJSON === 'function') return refuseLost(value.toJSON(), path)
  for (const [name, inner] of Object.entries(value)) {
    const here = path === '' ? name : `${path}.${name}`
    if (Array.isArray(value) && (inner === undefined || typeof inner === 'function' || typeof inner === 'symbol'))
      throw new TypeError(`JSON has no word for ${String(inner)}${at(here)}`)
    refuseLost(inner, here)
  }
}

const at = (path: string): string => (path === '' ? '' : ` (at ${path})`)
