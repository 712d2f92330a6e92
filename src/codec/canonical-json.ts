import { shown } from './decode-error.ts'
import { emptied } from './plain-json.ts'

/**
 * `value` as JSON in one spelling: properties in the order of their names' UTF-16 units, no white space, so that equal
 * keys are equal bytes. As RFC 8785 (JSON Canonicalization Scheme) has it; `toJSON` is honoured, and properties that
 * are `undefined` are left out, as `JSON.stringify` does.
 *
 * Throws a `TypeError` for what JSON has no words for, a `RangeError` for what is nested too deep or in itself.
 */
export const canonicalJson = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return primitive(value)
  if ('toJSON' in value && typeof value.toJSON === 'function') return canonicalJson(value.toJSON())
  const empty = emptied(value)
  if (empty !== undefined) throw new TypeError(empty)
  if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(',')}]`
  return properties(value as Readonly<Record<string, unknown>>)
}

const properties = (value: Readonly<Record<string, unknown>>): string => {
  let json = ''
  for (const name of Object.keys(value).sort()) {
    const property = value[name]
    if (property !== undefined) json += `${json === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(property)}`
  }
  return `{${json}}`
}

const primitive = (value: unknown): string => {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`JSON has no word for ${value}`)
  const json: string | undefined = JSON.stringify(value)
  if (json === undefined) throw new TypeError(`JSON has no word for ${shown(value)}`)
  return json
}
