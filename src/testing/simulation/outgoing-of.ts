import type { Outgoing } from '../../millrace/outgoing.ts'
import type { PlannedRecord } from './plan.ts'

/** A planned record as it is sent at `nowMs`, milliseconds since the epoch. */
export const outgoingOf = (
  { key, value, headers, timestamp, lateMs, partition }: PlannedRecord,
  nowMs: number,
): Outgoing<Uint8Array | null, Uint8Array | null> => ({
  key,
  value,
  ...(headers === undefined ? {} : { headers: new Map(headers) }),
  ...(timestamp === undefined ? {} : { timestamp }),
  ...(lateMs === undefined ? {} : { timestamp: nowMs - lateMs }),
  ...(partition === undefined ? {} : { partition }),
})
