import { isIoTs, isStandard, type Schema } from './schema.ts'

/** Whether all values of a schema are strings; `unknown` where its library does not say. */
export type OnlyStrings = 'yes' | 'no' | 'unknown'

/**
 * Whether all values of `schema` are strings, so that as a key it is raw text.
 *
 * Known of io-ts (by its tags) and of what gives its JSON Schema (zod, arktype: https://standardschema.dev/json-schema)
 * or a valibot `type`.
 */
export const onlyStrings = (schema: Schema): OnlyStrings => {
  if (isIoTs(schema)) return answer(ioTsStrings(schema))
  if (!isStandard(schema)) return 'unknown'
  const description = jsonSchemaOf(schema)
  if (description !== undefined) return answer(describesStrings(description))
  return valibotStrings(schema)
}

const answer = (only: boolean): OnlyStrings => (only ? 'yes' : 'no')

/** What is looked at of schemas that do not belong to us: anything may be missing. */
interface Tagged {
  readonly [property: string]: unknown
}
const isTagged = (value: unknown): value is Tagged =>
  (typeof value === 'object' || typeof value === 'function') && value !== null
const every = (list: unknown, test: (member: unknown) => boolean): boolean =>
  Array.isArray(list) && list.length > 0 && list.every(test)
const isString = (value: unknown): boolean => typeof value === 'string'

const ioTsStrings = (type: unknown): boolean => {
  if (!isTagged(type)) return false
  switch (type['_tag']) {
    case 'StringType':
    case 'KeyofType':
      return true
    case 'LiteralType':
      return isString(type['value'])
    case 'RefinementType':
    case 'ReadonlyType':
      return ioTsStrings(type['type'])
    case 'UnionType':
      return every(type['types'], ioTsStrings)
    case 'IntersectionType':
      return Array.isArray(type['types']) && type['types'].some(ioTsStrings)
    default:
      return false
  }
}

const jsonSchemaOf = (schema: Schema): unknown => {
  const standard: unknown = '~standard' in schema ? schema['~standard'] : undefined
  const converter = isTagged(standard) ? standard['jsonSchema'] : undefined
  if (!isTagged(converter) || typeof converter['output'] !== 'function') return undefined
  try {
    return converter['output']({ target: 'draft-2020-12' })
  } catch {
    return undefined // what has no JSON Schema (a bigint, a date) is no string either, but that is not ours to know
  }
}

const describesStrings = (schema: unknown): boolean =>
  isTagged(schema) &&
  (schema['type'] === 'string' ||
    isString(schema['const']) ||
    every(schema['enum'], isString) ||
    every(schema['anyOf'] ?? schema['oneOf'], describesStrings))

const valibotStrings = (schema: unknown): OnlyStrings => {
  const type = isTagged(schema) ? schema['type'] : undefined
  if (!isTagged(schema) || typeof type !== 'string') return 'unknown'
  if (type === 'string') return 'yes'
  if (type === 'literal') return answer(isString(schema['literal']))
  if (type === 'picklist') return answer(every(schema['options'], isString))
  if (type === 'union') {
    const members = Array.isArray(schema['options']) ? schema['options'].map(valibotStrings) : []
    return members.includes('unknown') || members.length === 0 ? 'unknown' : answer(!members.includes('no'))
  }
  return ['number', 'boolean', 'object', 'strict_object', 'tuple', 'array', 'null', 'nullable'].includes(type)
    ? 'no'
    : 'unknown'
}
