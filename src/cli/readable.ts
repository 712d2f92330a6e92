import { base64 } from '../codec/base-64.ts'
import { fromUtf8 } from '../codec/utf-8.ts'
import type { Field } from './raw-topic.ts'

/** Bytes as a line of JSON holds them that does not know their format: JSON where they are that, text, or `{"base64": …}`. */
export const readableJson = (bytes: Field): unknown => {
  if (bytes === null) return null
  const text = textOf(bytes)
  if (text === undefined) return { base64: base64(bytes) }
  const parsed = parsedOf(text)
  return parsed === undefined ? text : parsed.value
}

/** The same for a person: JSON over several lines. */
export const readableText = (bytes: Field): string => {
  if (bytes === null) return 'null'
  const text = textOf(bytes)
  if (text === undefined) return `base64:${base64(bytes)}`
  const parsed = parsedOf(text)
  const isObject = typeof parsed?.value === 'object' && parsed.value !== null
  return isObject ? JSON.stringify(parsed.value, null, 2) : text
}

/** On one line, and no longer than `characters`. */
export const readableLine = (bytes: Field, characters: number): string =>
  oneLine(bytes === null ? 'null' : (textOf(bytes) ?? `base64:${base64(bytes)}`), characters)

/** `text` without breaks, cut where it is longer. */
export const oneLine = (text: string, characters: number): string => {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ')
  return line.length > characters ? `${line.slice(0, characters - 1)}…` : line
}

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    const text = fromUtf8(bytes)
    // what has control characters is no text, whatever it spells
    return /[^\P{Cc}\t\n\r]/u.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

const parsedOf = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}
