import { shown } from '../../codec/decode-error.ts'
import { fromUtf8, utf8 } from '../../codec/utf-8.ts'
import type { Outgoing } from '../../millrace/outgoing.ts'
import { FieldError, type FieldForm, fieldForm } from '../field-form.ts'
import type { FieldFormat } from '../field-formats.ts'
import type { Field } from '../raw-topic.ts'

/** A record as it is sent. */
export type Line = Outgoing<Field, Field>

/** How a line is read. */
export interface LineOptions {
  readonly keyFormat: FieldFormat
  readonly valueFormat: FieldFormat
  readonly keySeparator?: string
  readonly key?: string
  readonly header?: Readonly<Record<string, string>>
  readonly partition?: number
  readonly nullMarker?: string
  readonly jsonl?: boolean
}

/** Reads one line of input as a record. Throws a {@link FieldError} that says what is wrong with it. */
export const lineReader = (options: LineOptions): ((line: Uint8Array) => Line) => {
  const forms = { key: fieldForm(options.keyFormat, 'key'), value: fieldForm(options.valueFormat, 'value') }
  const read = options.jsonl === true ? jsonReader(forms) : delimitedReader(options, forms)
  const headers = Object.entries(options.header ?? {}).map(([name, value]) => [name, utf8(value)] as const)
  const fixed = options.partition === undefined ? {} : { partition: options.partition }
  return (line) => {
    const record = read(textOf(line))
    return { ...record, ...fixed, headers: new Map([...headers, ...(record.headers as Headers)]) }
  }
}

type Headers = ReadonlyMap<string, Uint8Array>

interface Forms {
  readonly key: FieldForm
  readonly value: FieldForm
}

const textOf = (line: Uint8Array): string => {
  try {
    return fromUtf8(line)
  } catch {
    throw new FieldError('is not UTF-8: send bytes as --value-format hex or base64')
  }
}

/** Where it stands: `key: "x" is no int32: …`. */
const named = <A>(part: string, read: () => A): A => {
  try {
    return read()
  } catch (error) {
    throw error instanceof FieldError ? new FieldError(`${part}: ${error.message}`) : error
  }
}

const delimitedReader = ({ keySeparator, key, nullMarker }: LineOptions, forms: Forms): ((line: string) => Line) => {
  const field = (part: 'key' | 'value', text: string): Field =>
    text === nullMarker ? null : named(part, () => forms[part].fromText(text))
  const headers: Headers = new Map()
  if (keySeparator === undefined) {
    const fixed = key === undefined ? null : field('key', key)
    return (line) => ({ key: fixed, value: field('value', line), headers })
  }
  return (line) => {
    const at = line.indexOf(keySeparator)
    if (at === -1) throw new FieldError(`has no key separator ${shown(keySeparator)}: ${shown(line)}`)
    return {
      key: field('key', line.slice(0, at)),
      value: field('value', line.slice(at + keySeparator.length)),
      headers,
    }
  }
}

/** What a line of JSON may name; `topic` and `offset` are where it was read, and are passed over. */
const properties = ['key', 'value', 'headers', 'timestamp', 'partition', 'topic', 'offset']

const jsonReader = (forms: Forms): ((line: string) => Line) => {
  const headerForm = fieldForm('text', 'header')
  const headersOf = (headers: unknown): Headers => {
    if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
      throw new FieldError(`headers are an object of names to text, and not ${shown(headers)}`)
    return new Map(
      Object.entries(headers).map(([name, value]) => [name, named(`header ${name}`, () => headerForm.fromJson(value))]),
    )
  }
  return (line) => {
    const record = objectOf(line)
    if (record.value === undefined) throw new FieldError('has no value: give "value": null to delete a key')
    const unknown = Object.keys(record).find((name) => !properties.includes(name))
    if (unknown !== undefined)
      throw new FieldError(`knows no property '${unknown}': there are ${properties.join(', ')}`)
    const field = (part: 'key' | 'value'): Field => {
      const json = record[part] ?? null
      return json === null ? null : named(part, () => forms[part].fromJson(json))
    }
    const { timestamp, partition } = record
    return {
      key: field('key'),
      value: field('value'),
      headers: headersOf(record.headers ?? {}),
      ...(timestamp === undefined ? {} : { timestamp: wholeFrom0('timestamp', timestamp) }),
      ...(partition === undefined ? {} : { partition: wholeFrom0('partition', partition) }),
    }
  }
}

const objectOf = (line: string): Readonly<Record<string, unknown>> => {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch (error) {
    throw new FieldError(`is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed }
  throw new FieldError(`is ${shown(parsed)}, and no object: give {"key": …, "value": …}`)
}

const wholeFrom0 = (name: string, value: unknown): number => {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw new FieldError(`${name} is a whole number from 0, and not ${shown(value)}`)
}
