import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { readRecords } from '../../src/batch/read-records.ts'
import { fieldsBytes } from '../../src/batch/record-fields.ts'
import type { EncodedOutput } from '../../src/pipeline/encoded-output.ts'
import { OutputLog } from '../../src/pipeline/output-log.ts'
import { keyedPartition } from '../../src/protocol/client/partitioner.ts'

const partitions = 7
const keyless = 3
const sinks = ['a', 'b'].map((topic) => ({ topic, recordBytesMax: 1_000_000 }))

const bytes = fc.uint8Array({ maxLength: 200 })
const output: fc.Arbitrary<EncodedOutput> = fc.record({
  sink: fc.constantFrom(...sinks),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(fc.string(), bytes, { maxKeys: 2 }).map((headers) => new Map(Object.entries(headers))),
  timestamp: fc.integer({ min: -1, max: 2 ** 50 }),
})

type Change =
  | { readonly _tag: 'add'; readonly output: EncodedOutput }
  | { readonly _tag: 'truncate'; readonly to: number }

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ _tag: fc.constant('add' as const), output }),
  fc.record({ _tag: fc.constant('truncate' as const), to: fc.nat(10) }),
)

const addTo = (log: OutputLog, { sink, key, value, headers, timestamp }: EncodedOutput): void => {
  // what was handed over may be used again at once, and may lie at the beginning of something longer
  const [ownKey, ownValue] = [key && new Uint8Array([...key, 1]), value && new Uint8Array([...value, 2])]
  const fields = fieldsBytes(key, value, headers)
  log.add(sink, ownKey, key?.length ?? -1, ownValue, value?.length ?? -1, headers, timestamp, fields)
  ownKey?.fill(0xee)
  ownValue?.fill(0xee)
}

const read = (log: OutputLog): readonly EncodedOutput[] =>
  Array.from({ length: log.count }, (_, at) => {
    const builder = new BatchBuilder({ compression: 'none' })
    expect(log.addTo(builder, at)).toBe(true)
    const found: EncodedOutput[] = []
    readRecords(builder.build(), ({ key, value, headers, timestamp }) =>
      found.push({
        sink: log.sinkOf(at),
        key: key && new Uint8Array(key),
        value: value && new Uint8Array(value),
        headers: new Map([...headers].map(([name, of]) => [name, new Uint8Array(of)])),
        timestamp,
      }),
    )
    return found
  }).flat()

describe('OutputLog', () => {
  it('holds what was added and not taken back, in order, to the byte', () =>
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const log = new OutputLog()
        const expected: EncodedOutput[] = []
        for (const one of changes) {
          if (one._tag === 'add') {
            addTo(log, one.output)
            expected.push(one.output)
          } else if (one.to < log.count) {
            log.truncate(one.to)
            expected.length = one.to
          }
        }
        expect(read(log)).toEqual(expected)
        for (const [at, { key, value, headers }] of expected.entries()) {
          expect(log.fieldsBytesOf(at)).toBe(fieldsBytes(key, value, headers))
          expect(log.partitionOf(at, partitions, keyless)).toBe(
            key === null ? keyless : keyedPartition(key, partitions),
          )
        }
      }),
    ))
})
