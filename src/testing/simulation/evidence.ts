import type { Position } from '../../contracts/position.ts'
import type { StreamRecord } from '../../contracts/stream-record.ts'

/** A record as it lies in a topic, read committed. */
export type RawRecord = StreamRecord<Uint8Array | null, Uint8Array | null>

/** What a run has left behind, for whoever judges it. */
export interface Evidence {
  /** Every topic, by name: its committed records, each partition's in order. */
  readonly topics: ReadonlyMap<string, readonly RawRecord[]>
  /** When the record came to lie in its topic, by the world's own time: milliseconds since the epoch. */
  readonly appendedMs: (record: Position) => number
}
