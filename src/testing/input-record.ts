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
