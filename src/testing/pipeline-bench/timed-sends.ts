import type { AnyTopic } from '../../contracts/topic.ts'
import type { Outgoing } from '../../millrace/outgoing.ts'
import { checkMoment, type InputRecord } from '../input-record.ts'

/** What is piped into a topic. */
export type Piped = readonly [topic: AnyTopic, records: readonly InputRecord<unknown, unknown>[]]

/** What is sent at once. */
export interface TimedSend {
  /** Milliseconds from the beginning on. */
  readonly atMs: number
  readonly topic: AnyTopic
  readonly records: readonly InputRecord<unknown, unknown>[]
}

/**
 * What is to be sent when, in order of time. What no time passes between is one send.
 *
 * **Errors** throws a `TypeError` for a record that says no time, or two; what is none is left to whoever sends it.
 */
export const timedSends = (all: readonly Piped[]): readonly TimedSend[] =>
  all.flatMap(([topic, records]) => timed(topic, records)).sort((one, other) => one.atMs - other.atMs)

const timed = (topic: AnyTopic, records: Piped[1]): readonly TimedSend[] => {
  if (!Array.isArray(records)) return [{ atMs: 0, topic, records }]
  const sends: { atMs: number; topic: AnyTopic; records: InputRecord<unknown, unknown>[] }[] = []
  let atMs = 0
  for (const record of records as Piped[1]) {
    if (typeof record === 'object' && record !== null) checkMoment(`send to '${topic.name}'`, record)
    const { afterMs = 0 } = (record ?? {}) as Partial<InputRecord<unknown, unknown>>
    atMs += afterMs
    const last = sends.at(-1)
    if (last?.atMs === atMs) last.records.push(record)
    else sends.push({ atMs, topic, records: [record] })
  }
  return sends.length === 0 ? [{ atMs: 0, topic, records }] : sends
}

/** The record as it is sent at `nowMs`, milliseconds since the epoch. */
export const outgoingAt = (record: InputRecord<unknown, unknown>, nowMs: number): Outgoing<unknown, unknown> =>
  record?.lateMs === undefined ? record : { ...record, timestamp: nowMs - record.lateMs }
