import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { readRecords } from '../../src/batch/read-records.ts'
import { fieldsBytes } from '../../src/batch/record-fields.ts'
import { aloneBytes } from '../../src/batch/record-size.ts'
import type { EncodedOutput, Sink } from '../../src/pipeline/encoded-output.ts'
import { OutputLog } from '../../src/pipeline/output-log.ts'
import { TaskOutputs } from '../../src/pipeline/task-outputs.ts'
import { keyedPartition } from '../../src/protocol/client/partitioner.ts'
import { rightOf } from '../support/right-of.ts'

const task = 5
const sinks: readonly Sink[] = [
  { topic: 'a', recordBytesMax: 1_000_000, partitions: 3 },
  { topic: 'b', recordBytesMax: 400, partitions: 2, compression: 'gzip' },
  { topic: 'c', recordBytesMax: 1_000_000 },
]

const bytes = fc.uint8Array({ maxLength: 120 })
const output: fc.Arbitrary<EncodedOutput> = fc.record({
  sink: fc.constantFrom(...sinks),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(fc.string({ maxLength: 9 }), fc.uint8Array({ maxLength: 9 }), { maxKeys: 2 }).map(mapOf),
  // some so far from one another that a batch cannot say it
  timestamp: fc.oneof(fc.integer({ min: -1, max: 2_000 }), fc.constantFrom(-1, Number.MAX_SAFE_INTEGER)),
})

function mapOf(headers: Record<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  return new Map(Object.entries(headers))
}

type Change =
  | { readonly _tag: 'add' | 'append'; readonly outputs: readonly EncodedOutput[] }
  | { readonly _tag: 'take back'; readonly count: number }
  | { readonly _tag: 'move out and in'; readonly count: number }
  | { readonly _tag: 'clear' }

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ _tag: fc.constantFrom('add' as const, 'append' as const), outputs: fc.array(output) }),
  },
  { weight: 3, arbitrary: fc.record({ _tag: fc.constant('take back' as const), count: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant('move out and in' as const), count: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.constant({ _tag: 'clear' as const }) },
)

const addTo = (into: OutputLog | TaskOutputs, { sink, key, value, headers, timestamp }: EncodedOutput): void => {
  // what was handed over may be used again at once, and may lie at the beginning of something longer
  const [ownKey, ownValue] = [key && new Uint8Array([...key, 1]), value && new Uint8Array([...value, 2])]
  const fields = fieldsBytes(key, value, headers)
  into.add(sink, ownKey, key?.length ?? -1, ownValue, value?.length ?? -1, headers, timestamp, fields)
  ownKey?.fill(0xee)
  ownValue?.fill(0xee)
}

const append = (outputs: TaskOutputs, added: readonly EncodedOutput[]): void => {
  const log = new OutputLog()
  for (const one of added) addTo(log, one)
  outputs.append(log)
}

const shown = ({ key, value, headers, timestamp }: Omit<EncodedOutput, 'sink'>): string =>
  JSON.stringify([key && [...key], value && [...value], [...headers].map(([name, of]) => [name, [...of]]), timestamp])

const place = ({ sink: { topic, partitions = 1 }, key }: EncodedOutput): string =>
  `${topic}-${key === null ? task % partitions : keyedPartition(key, partitions)}`

const read = (batch: Uint8Array): { readonly records: readonly string[]; readonly maxTimestamp: number } => {
  const records: string[] = []
  const { maxTimestamp } = rightOf(readRecords(batch, (record) => void records.push(shown(record))))
  return { records, maxTimestamp }
}

/** What its batches hold, by partition. */
const batched = (outputs: TaskOutputs): Record<string, string[]> => {
  const found: Record<string, string[]> = {}
  for (const { sink, partition, batch } of outputs.parts) {
    if (batch.count === 0) continue
    const once = batch.copy()
    expect(batch.copy()).toEqual(once)
    expect(batch.count === 1 || batch.sizeBytes <= sink.recordBytesMax).toBe(true)
    const { records, maxTimestamp } = read(once)
    expect(maxTimestamp).toBe(Math.max(...records.map((record) => JSON.parse(record)[3] as number)))
    ;(found[`${sink.topic}-${partition}`] ??= []).push(...records)
  }
  return found
}

const expectedOf = (outputs: readonly EncodedOutput[]): Record<string, string[]> => {
  const expected: Record<string, string[]> = {}
  for (const one of outputs) (expected[place(one)] ??= []).push(shown(one))
  return expected
}

describe('TaskOutputs', () => {
  it('is batches of what was added and not taken back, each partition in order, to the byte', () =>
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const outputs = new TaskOutputs(task)
        const expected: EncodedOutput[] = []
        for (const one of changes) {
          if (one._tag === 'clear') {
            outputs.clear()
            expected.length = 0
          } else if (one._tag === 'take back') {
            expected.length = Math.max(0, expected.length - one.count)
            outputs.truncate(expected.length)
          } else if (one._tag === 'move out and in') {
            const log = new OutputLog()
            outputs.moveTo(log, Math.max(0, expected.length - one.count))
            expect(log.count).toBe(Math.min(one.count, expected.length))
            outputs.append(log)
          } else {
            if (one._tag === 'append') append(outputs, one.outputs)
            else for (const added of one.outputs) addTo(outputs, added)
            expected.push(...one.outputs)
          }
          expect(batched(outputs)).toEqual(expectedOf(expected))
        }
        expect(outputs.count).toBe(expected.length)
      }),
    ))

  it('has each output by itself, in the order in which it was added', () =>
    fc.assert(
      fc.property(fc.array(output, { maxLength: 9 }), (added) => {
        const outputs = new TaskOutputs(task)
        for (const one of added) addTo(outputs, one)
        for (const [at, one] of added.entries()) {
          const builder = new BatchBuilder({ compression: 'none' })
          expect(outputs.addTo(builder, at)).toBe(true)
          expect(read(builder.build()).records).toEqual([shown(one)])
          expect(outputs.sinkOf(at)).toBe(one.sink)
          expect(outputs.aloneBytesOf(at)).toBe(aloneBytes(one.key, one.value, one.headers))
        }
      }),
    ))

  it('takes what its topic takes no more since: that is for the commit to see', () => {
    const sink = { topic: 'a', recordBytesMax: 100 }
    const outputs = new TaskOutputs(task)
    const wide = { sink, key: null, value: new Uint8Array(1_000), headers: new Map(), timestamp: 0 }
    addTo(outputs, wide)
    append(outputs, [wide])
    expect(batched(outputs)).toEqual(expectedOf([wide, wide]))
  })

  it('begins another batch behind a mebibyte', () => {
    const outputs = new TaskOutputs(task)
    const sink = { topic: 'a', recordBytesMax: 100_000_000 }
    const wide = { sink, key: null, value: new Uint8Array(300_000), headers: new Map(), timestamp: 0 }
    for (let at = 0; at < 10; at++) addTo(outputs, wide)
    expect(outputs.parts.map(({ batch }) => batch.count)).toEqual([4, 4, 2])
    outputs.clear()
    expect(outputs.parts).toHaveLength(1)
  })
})
