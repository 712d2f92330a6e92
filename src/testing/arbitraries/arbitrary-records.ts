import * as fc from 'fast-check'
import { given, requireTopic } from '../../codec/arguments.ts'
import { refuseUnknownOptions } from '../../codec/known-options.ts'
import { checkCount } from '../../codec/option-values.ts'
import type { Topic } from '../../contracts/topic.ts'
import type { InputRecord } from '../input-record.ts'
import { knownParts, type RecordParts, recordOf } from './arbitrary-record.ts'

export interface ArbitraryRecordsOptions<K, V> extends RecordParts<K, V> {
  /** 0 where nothing is said. */
  readonly minLength?: number
  /** 20 where nothing is said. */
  readonly maxLength?: number
  /**
   * When the first is sent, in milliseconds since the epoch: each record has a timestamp then, by the schedule, as it
   * would have when sent by it. Where nothing is said, timestamps are left to whoever sends them.
   */
  readonly startMs?: number
}

/**
 * Lists of records of a topic, in the order in which they are sent: for properties of your own, or where all of them
 * belong together.
 *
 * **Errors** throws a `TypeError` for options that make no sense.
 */
export const arbitraryRecords = <K, V>(
  topic: Topic<K, V>,
  options: ArbitraryRecordsOptions<NoInfer<K>, NoInfer<V>>,
): fc.Arbitrary<readonly InputRecord<K, V>[]> => {
  requireTopic('arbitraryRecords(…)', topic)
  const what = `arbitraryRecords('${topic.name}', …)`
  refuseUnknownOptions(what, options, [...knownParts, 'minLength', 'maxLength', 'startMs'])
  const { minLength = 0, maxLength = Math.max(20, minLength), startMs, ...parts } = options
  checkCount(what, 'minLength', minLength, 0)
  checkCount(what, 'maxLength', maxLength, minLength)
  if (startMs !== undefined && !Number.isSafeInteger(startMs))
    throw new TypeError(`${what}: startMs is milliseconds since the epoch, and not ${given(startMs)}`)
  const records = fc.array(recordOf(what, topic, parts), { minLength, maxLength })
  return startMs === undefined ? records : records.map((some) => stamped(some, startMs))
}

const stamped = <K, V>(records: readonly InputRecord<K, V>[], startMs: number): readonly InputRecord<K, V>[] => {
  let sentMs = startMs
  return records.map(({ lateMs = 0, ...record }, index) => {
    sentMs += index === 0 ? 0 : (record.afterMs ?? 0)
    return { ...record, timestamp: sentMs - lateMs }
  })
}
