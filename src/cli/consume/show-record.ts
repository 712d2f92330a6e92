import type { StreamRecord } from '../../contracts/stream-record.ts'
import { FieldError, type FieldForm, fieldForm } from '../field-form.ts'
import type { BinaryFormat, FieldFormat } from '../field-formats.ts'
import type { Field } from '../raw-topic.ts'
import { jsonLine } from '../say.ts'
import { readTemplate, type TemplateToken } from './template.ts'

/** A record as it lies in the log. */
export type LogRecord = StreamRecord<Field, Field>

/** How records are written down. */
export interface ShowOptions {
  readonly keyFormat: FieldFormat
  readonly valueFormat: FieldFormat
  readonly binary: BinaryFormat
  readonly nullMarker: string
  readonly format?: string
  readonly json?: boolean
}

/** Writes a record down. Throws a {@link FieldError} that names the record where its bytes are not of the format. */
export const recordShower = (options: ShowOptions): ((record: LogRecord) => string) => {
  const forms: Forms = {
    key: fieldForm(options.keyFormat, 'key', options.binary),
    value: fieldForm(options.valueFormat, 'value', options.binary),
    header: fieldForm('text', 'header', options.binary),
  }
  const show = options.json === true ? jsonShower(forms) : templateShower(options, forms)
  return (record) => {
    try {
      return show(record)
    } catch (error) {
      throw error instanceof FieldError ? new FieldError(`record ${record.id}: ${error.message}`) : error
    }
  }
}

interface Forms {
  readonly key: FieldForm
  readonly value: FieldForm
  readonly header: FieldForm
}

const named = <A>(part: 'key' | 'value', show: () => A): A => {
  try {
    return show()
  } catch (error) {
    throw error instanceof FieldError ? new FieldError(`its ${part} ${error.message}`) : error
  }
}

const jsonShower = (forms: Forms) => (record: LogRecord) => {
  const { topic, partition, offset, timestamp } = record
  const field = (part: 'key' | 'value'): unknown => {
    const bytes = record[part]
    return bytes === null ? null : named(part, () => forms[part].toJson(bytes))
  }
  const headers = Object.fromEntries(Array.from(record.headers, ([name, bytes]) => [name, forms.header.toJson(bytes)]))
  return jsonLine({ topic, partition, offset, timestamp, key: field('key'), value: field('value'), headers })
}

const templateShower = ({ format = '%s\n', nullMarker }: ShowOptions, forms: Forms) => {
  const field = (record: LogRecord, part: 'key' | 'value'): string => {
    const bytes = record[part]
    return bytes === null ? nullMarker : named(part, () => forms[part].toText(bytes))
  }
  const shows: Readonly<Record<TemplateToken, (record: LogRecord) => string>> = {
    k: (record) => field(record, 'key'),
    s: (record) => field(record, 'value'),
    K: ({ key }) => String(key?.length ?? -1),
    S: ({ value }) => String(value?.length ?? -1),
    t: ({ topic }) => topic,
    p: ({ partition }) => String(partition),
    o: ({ offset }) => String(offset),
    T: ({ timestamp }) => String(timestamp),
    h: ({ headers }) => Array.from(headers, ([name, bytes]) => `${name}=${forms.header.toText(bytes)}`).join(','),
  }
  const pieces = readTemplate(format).map((piece) => ('text' in piece ? () => piece.text : shows[piece.token]))
  return (record: LogRecord) => {
    let line = ''
    for (const piece of pieces) line += piece(record)
    return line
  }
}
