import * as t from 'io-ts'
import type { Topic } from '../contracts/topic.ts'
import { fromBase64 } from './base-64.ts'
import { type DeadLetter, originalOf, type RawRecord } from './dead-letter.ts'
import { json } from './json.ts'
import { text } from './text.ts'
import { topic } from './topic.ts'
import { fromUtf8, utf8 } from './utf-8.ts'

/** What a record that came back from dead letters carries among its own headers, wherever it goes. */
export const redriveHeader = {
  /** How often it came back. */
  count: 'millrace.redriven',
  /** Where it was read when it was given up first, `topic-partition-offset`: it has another id where it is written anew. */
  origin: 'millrace.origin',
} as const

/** How often the record of `letter` came back before it became this one. */
export const redrivenOf = ({ record: { headers } }: DeadLetter): number => {
  const header = headers.find(({ name }) => name === redriveHeader.count)
  if (header === undefined) return 0
  try {
    const count = Number(fromUtf8(fromBase64(header.value)))
    return Number.isSafeInteger(count) && count > 0 ? count : 0
  } catch {
    return 0
  }
}

/** The record of `letter` as it goes back: as it was, and with one more on its count. */
export const redrivenRecord = (letter: DeadLetter): RawRecord => {
  const original = originalOf(letter)
  const headers = new Map(original.headers)
  headers.set(redriveHeader.count, utf8(String(redrivenOf(letter) + 1)))
  const { topic: name, partition, offset } = letter.source
  if (!headers.has(redriveHeader.origin)) headers.set(redriveHeader.origin, utf8(`${name}-${partition}-${offset}`))
  return { ...original, headers }
}

/** That the record of a dead letter was moved: who did it, when, and where it went. */
export interface Redriven {
  readonly letter: {
    readonly topic: string
    /** Of the topic, which may be deleted and made anew. */
    readonly topicId: string
    readonly partition: number
    readonly offset: number
  }
  readonly pipeline: string
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number }
  readonly to: { readonly topic: string; readonly partition: number }
  /** How often the record came back, with this time. */
  readonly redriven: number
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

const Redriven: t.Type<Redriven> = t.type(
  {
    letter: t.type({ topic: t.string, topicId: t.string, partition: t.number, offset: t.number }),
    pipeline: t.string,
    origin: t.type({ topic: t.string, partition: t.number, offset: t.number }),
    to: t.type({ topic: t.string, partition: t.number }),
    redriven: t.number,
    by: t.string,
    at: t.number,
  },
  'Redriven',
)

/**
 * The topic that says of the letters in `deadLetters` which were moved: keyed by their ids, one partition, kept for ever. That
 * a record moved and that it says so here is one transaction, so that none moves twice.
 */
export const redrivenTopic = (deadLetters: string): Topic<string, Redriven> =>
  topic(`${deadLetters}.redriven`, { key: text, value: json(Redriven), config: { 'retention.ms': -1 } })
