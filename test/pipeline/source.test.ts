import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { type AnyRecord, task } from '../../src/contracts/stream-record.ts'
import { UnreadableRecord } from '../../src/pipeline/attempt-errors.ts'
import { readRecord, sourceOf, undecodedRecord } from '../../src/pipeline/source.ts'

const source = sourceOf(topic('in', { key: text, value: int32 }), 3)
const raw = { offset: 5, timestamp: 9, key: text.encode('k'), value: int32.encode(7), headers: new Map() }
const fields = { topic: 'in', partition: 3, offset: 5, id: 'in-3-5', timestamp: 9, headers: new Map() }

const readable = (read: AnyRecord | UnreadableRecord): AnyRecord => {
  if (read instanceof UnreadableRecord) throw read
  return read
}

describe('a record', () => {
  it('carries its task where it has one', () => {
    const carrier = {}
    const record = readable(readRecord(source, raw, carrier))
    expect(record).toEqual({ ...fields, key: 'k', value: 7, [task]: carrier })
    expect({ ...record }[task]).toBe(carrier)
  })

  it('has an id of its topic, partition and offset, whichever were asked for before', () => {
    const other = sourceOf(topic('in', { key: text, value: int32 }), 4)
    for (const offset of [0, 7, 999, 1_000, 1_007, 999_999, 1_000_000, 1_001, 2 ** 40 + 30, 0, 2 ** 53 - 1])
      for (const from of [source, other])
        expect(readable(readRecord(from, { ...raw, offset }, undefined)).id).toBe(`in-${from.partition}-${offset}`)
  })

  it('shows nothing of a task where it has none', () => {
    for (const record of [readable(readRecord(source, raw, undefined)), undecodedRecord(source, raw)]) {
      expect(Reflect.ownKeys(record)).toEqual([...Object.keys(fields), 'key', 'value'])
      expect(inspect(record)).not.toContain('Symbol')
    }
  })
})
