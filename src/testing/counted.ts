import { shown } from '../codec/decode-error.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import type { Expected } from './expectations.ts'
import { hexOf } from './simulation/hex-of.ts'

/** How often each record is there, in the order in which they were first seen. */
export type Tally = ReadonlyMap<string, { readonly record: Expected<unknown, unknown>; readonly count: number }>

export const tally = (topic: AnyTopic, records: readonly Expected<unknown, unknown>[]): Tally => {
  const counts = new Map<string, { record: Expected<unknown, unknown>; count: number }>()
  for (const record of records) {
    const id = identityOf(topic, record)
    const known = counts.get(id)
    if (known === undefined) counts.set(id, { record, count: 1 })
    else known.count++
  }
  return counts
}

/** The same for records with the same key and value. */
export const identityOf = (topic: AnyTopic, { key, value }: Expected<unknown, unknown>): string =>
  `${hexOf(topic.key.encode(key))}=${hexOf(topic.value.encode(value))}`

/** How what is there may differ from what is expected. */
export interface Leeway {
  readonly mayMiss: boolean
  readonly mayRepeat: boolean
  /** Records that are not expected at all. */
  readonly mayAdd: boolean
}

/** In which ways they differ as they may not, for people: a line each, and at most so many. */
export const differences = (
  seen: Tally,
  expected: Tally,
  { mayMiss, mayRepeat, mayAdd }: Leeway,
): readonly string[] => {
  const lines: string[] = []
  for (const [id, { record, count }] of expected) {
    const times = seen.get(id)?.count ?? 0
    if (times < count && !mayMiss && (times === 0 || !mayRepeat))
      lines.push(`lost: ${told(record)} (${often(times, count)})`)
    if (times > count && !mayRepeat) lines.push(`repeated: ${told(record)} (${often(times, count)})`)
  }
  if (!mayAdd)
    for (const [id, { record, count }] of seen)
      if (!expected.has(id)) lines.push(`nobody expects: ${told(record)} (${count === 1 ? 'once' : `${count} times`})`)
  const more = lines.length > linesShown ? [`… and ${lines.length - linesShown} more`] : []
  return [...lines.slice(0, linesShown), ...more]
}

const linesShown = 5

const often = (times: number, expected: number): string => `there ${times}×, expected ${expected}×`

export const told = ({ key, value }: Expected<unknown, unknown>): string => `${shown(key)} → ${shown(value)}`
