import type { Position } from '../contracts/position.ts'

/** When a record came to lie in its topic, by the world's own time: milliseconds since the epoch. */
type AppendedMs = (record: Position) => number

const known = new WeakMap<object, AppendedMs>()

/** The record was read in a world that knows when it came there. */
export const noteArrival = (record: Position, appendedMs: AppendedMs): void => void known.set(record, appendedMs)

/** When the record came to lie in its topic, where that was noted of this very object. */
export const arrivalMs = (record: Position): number | undefined => known.get(record)?.(record)
