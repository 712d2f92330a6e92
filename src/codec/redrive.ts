import * as t from 'io-ts'
import type { Topic } from '../contracts/topic.ts'
import { json } from './json.ts'
import { text } from './text.ts'
import { topic } from './topic.ts'

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
 * The topic that says of the letters in `deadLetters` which were moved: keyed by their ids, one partition. By itself nothing of it goes: a redrive deletes
 * what is older than 90 days and tells of letters that are gone. That
 * a record moved and that it says so here is one transaction, so that none moves twice.
 */
export const redrivenTopic = (deadLetters: string): Topic<string, Redriven> =>
  topic(`${deadLetters}.redriven`, { key: text, value: json(Redriven), config: { 'retention.ms': -1 } })
