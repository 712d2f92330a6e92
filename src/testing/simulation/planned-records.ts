import { given } from '../../codec/arguments.ts'
import type { AnyTopic } from '../../contracts/topic.ts'
import { checkMoment, type Drawn, type InputRecord } from '../input-record.ts'
import type { PlannedRecord } from './plan.ts'

/** What was drawn for a topic, and when, where the records do not say it: milliseconds after the draw before. */
export interface Draw {
  readonly topic: AnyTopic
  readonly drawn: Drawn<unknown, unknown>
  readonly afterMs: number
}

/**
 * What was drawn, as bytes, in the order of its times. A draw begins after the beginning of the one before it, so that
 * the records of several mingle.
 *
 * **Errors** throws a `TypeError` for a record that cannot be planned, and whatever its topic's codecs throw.
 */
export const plannedRecords = (draws: readonly Draw[]): readonly PlannedRecord[] => {
  const timed: { readonly atMs: number; readonly record: PlannedRecord }[] = []
  let beginningMs = 0
  for (const { topic, drawn, afterMs } of draws) {
    let atMs = beginningMs
    for (const [index, record] of listOf(drawn).entries()) {
      check(topic, record)
      atMs += record.afterMs ?? (index === 0 ? afterMs : 0)
      if (index === 0) beginningMs = atMs
      timed.push({ atMs, record: encoded(topic, record) })
    }
  }
  timed.sort((one, other) => one.atMs - other.atMs)
  return timed.map(({ atMs, record }, at) => ({ ...record, afterMs: atMs - (timed[at - 1]?.atMs ?? 0) }))
}

const listOf = (drawn: Drawn<unknown, unknown>): readonly InputRecord<unknown, unknown>[] =>
  isList(drawn) ? drawn : [drawn]

const isList = <K, V>(drawn: Drawn<K, V>): drawn is readonly InputRecord<K, V>[] => Array.isArray(drawn)

const encoded = (topic: AnyTopic, record: InputRecord<unknown, unknown>): PlannedRecord => {
  const { key, value, headers, timestamp, lateMs, partition } = record
  return {
    topic: topic.name,
    key: own(topic.key.encode(key)),
    value: own(topic.value.encode(value)),
    afterMs: 0,
    ...(headers === undefined ? {} : { headers: headersOf(headers) }),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(lateMs === undefined ? {} : { lateMs }),
    ...(partition === undefined ? {} : { partition }),
  }
}

/** They may lie in a larger buffer that is used again. */
const own = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : new Uint8Array(bytes))

const utf8 = new TextEncoder()

const headersOf = (
  headers: NonNullable<InputRecord<unknown, unknown>['headers']>,
): readonly (readonly [string, Uint8Array])[] =>
  (headers instanceof Map ? [...headers] : Object.entries(headers)).map(([name, value]) => [
    name,
    typeof value === 'string' ? utf8.encode(value) : new Uint8Array(value),
  ])

const check = (topic: AnyTopic, record: InputRecord<unknown, unknown>): void => {
  const what = `input.${topic.name}`
  if (typeof record !== 'object' || record === null)
    throw new TypeError(`${what} draws records, { key, value }, and not ${given(record)}`)
  checkMoment(what, record)
  const { partition, partitions } = { partition: record.partition, partitions: topic.partitions }
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0 && partition < partitions))
    throw new TypeError(`${what}: '${topic.name}' has partitions 0 to ${partitions - 1}, and no ${given(partition)}`)
}
