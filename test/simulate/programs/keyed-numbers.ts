import * as fc from 'fast-check'
import * as t from 'io-ts'
import { type StreamRecord, type Topic, topic } from '../../../src/index.ts'

/** Records that are told apart by their values, of few keys. */
export const numbers = <const N extends string>(name: N): Topic<string, number, N> =>
  topic(name, { key: t.string, value: t.number, partitions: 2 })

/** Each value about once: made smaller they would be the same. */
export const keyedNumbers: fc.Arbitrary<{ readonly key: string; readonly value: number }> = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  value: fc.noShrink(fc.noBias(fc.integer({ min: 0, max: 2 ** 31 }))),
})

type Numbers = readonly StreamRecord<string, number>[]

/** The same records. */
export const copies = (records: Numbers): readonly { key: string; value: number }[] =>
  records.map(({ key, value }) => ({ key, value }))

/** The same records, and one more of each. */
export const increments = (records: Numbers): readonly { key: string; value: number }[] =>
  records.map(({ key, value }) => ({ key, value: value + 1 }))
