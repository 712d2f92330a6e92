import * as fc from 'fast-check'
import { type StreamRecord, task } from '../../src/contracts/stream-record.ts'
import { GatheringCarrier } from './gathering-carrier.ts'

/** A record with `value`, and a carrier of its own; `part` says what is different about it. */
export const recordOf = <V>(value: V, part: Partial<StreamRecord<string, V>> = {}): StreamRecord<string, V> => ({
  topic: 'source',
  partition: 0,
  offset: 0,
  id: 'source-0-0',
  timestamp: 0,
  headers: new Map(),
  key: 'key',
  value,
  [task]: new GatheringCarrier(),
  ...part,
})

/** Records of one partition, offsets rising, with keys that repeat, headers and carriers. */
export const partitionOf = <V>(value: fc.Arbitrary<V>): fc.Arbitrary<readonly StreamRecord<string, V>[]> =>
  fc
    .array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        value,
        timestamp: fc.nat(),
        headers: fc
          .array(fc.tuple(fc.string({ maxLength: 3 }), fc.uint8Array({ maxLength: 3 })), { maxLength: 2 })
          .map((entries) => new Map(entries)),
      }),
      { maxLength: 12 },
    )
    .map((parts) => parts.map((part, offset) => recordOf(part.value, { ...part, offset, id: `source-0-${offset}` })))

/** What was written with `record`. */
export const outputsOf = (record: StreamRecord<unknown, unknown>): GatheringCarrier['outputs'] => {
  const carrier = record[task]
  return carrier instanceof GatheringCarrier ? carrier.outputs : []
}
