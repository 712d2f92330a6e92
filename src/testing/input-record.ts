import { given } from '../codec/arguments.ts'
import type { Outgoing } from '../millrace/outgoing.ts'

/** A record to be sent, and when: what an arbitrary of `input` draws. Whatever is not said is drawn, or left to the send. */
export interface InputRecord<K, V> extends Outgoing<K, V> {
  /** Milliseconds after the draw before it, of any topic; in a list, after the record before it: at once, where nothing is said. */
  readonly afterMs?: number
  /** It happened so long before it is sent: its timestamp is the sender's time less this. Not beside `timestamp`. */
  readonly lateMs?: number
}

/** What one draw may be: a record, or several that belong together, in their order; those of other draws come in between. */
export type Drawn<K, V> = InputRecord<K, V> | readonly InputRecord<K, V>[]

/** **Errors** throws a `TypeError` for what says no time, or two. */
export const checkMoment = (what: string, record: InputRecord<unknown, unknown>): void => {
  for (const name of ['afterMs', 'lateMs'] as const) {
    const ms = record[name]
    if (ms !== undefined && !(typeof ms === 'number' && ms >= 0 && Number.isFinite(ms)))
      throw new TypeError(`${what}: ${name} is a number of milliseconds, from 0 on, and not ${given(ms)}`)
  }
  if (record.lateMs !== undefined && record.timestamp !== undefined)
    throw new TypeError(`${what}: a record has a timestamp, or is late by lateMs, and not both`)
}
