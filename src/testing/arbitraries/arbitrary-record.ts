import * as fc from 'fast-check'
import { requireTopic } from '../../codec/arguments.ts'
import { refuseUnknownOptions } from '../../codec/known-options.ts'
import type { Topic } from '../../contracts/topic.ts'
import type { InputRecord } from '../input-record.ts'
import type { Moment } from './arbitrary-schedule.ts'
import { requireArbitrary } from './require-arbitrary.ts'

/** What a record is made of. */
export interface RecordParts<K, V> {
  readonly key: fc.Arbitrary<K>
  readonly value: fc.Arbitrary<V>
  readonly headers?: fc.Arbitrary<NonNullable<InputRecord<K, V>['headers']>>
  /** Where it is put, whatever its key: `any` of the topic's partitions, or those that are drawn. By the key where nothing is said. */
  readonly partition?: 'any' | fc.Arbitrary<number>
  /** When it is sent: see `arbitrarySchedule`. Left to whoever sends it where nothing is said. */
  readonly schedule?: fc.Arbitrary<Moment>
}

export const knownParts = ['key', 'value', 'headers', 'partition', 'schedule'] as const

/**
 * Records of a topic, one by one: what `input` of `deliverySemantics` takes.
 *
 * **Errors** throws a `TypeError` for parts that make no sense.
 */
export const arbitraryRecord = <K, V>(
  topic: Topic<K, V>,
  parts: RecordParts<NoInfer<K>, NoInfer<V>>,
): fc.Arbitrary<InputRecord<K, V>> => {
  requireTopic('arbitraryRecord(…)', topic)
  const what = `arbitraryRecord('${topic.name}', …)`
  refuseUnknownOptions(what, parts, knownParts)
  return recordOf(what, topic, parts)
}

/** Records of which the parts are checked, but for their names. */
export const recordOf = <K, V>(
  what: string,
  topic: Topic<K, V>,
  { key, value, headers, partition, schedule }: RecordParts<K, V>,
): fc.Arbitrary<InputRecord<K, V>> => {
  requireArbitrary(what, 'key', key)
  requireArbitrary(what, 'value', value)
  if (headers !== undefined) requireArbitrary(what, 'headers', headers)
  if (schedule !== undefined) requireArbitrary(what, 'schedule', schedule)
  if (partition !== undefined && partition !== 'any') requireArbitrary(what, 'partition', partition)
  const placed = partition === 'any' ? fc.nat({ max: topic.partitions - 1 }) : partition
  return fc
    .record({
      record: fc.record({
        key,
        value,
        ...(headers === undefined ? {} : { headers }),
        ...(placed === undefined ? {} : { partition: placed }),
      }),
      moment: schedule ?? fc.constant({}),
    })
    .map(({ record, moment }): InputRecord<K, V> => ({ ...record, ...moment }))
}
