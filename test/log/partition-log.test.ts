import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import type { TopicConfig } from '../../src/contracts/topic.ts'
import { Logs } from '../../src/log/logs.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import type { PartitionLog } from '../../src/log/partition-log.ts'
import { batchOf, recordsIn, type TestBatch } from '../support/batches.ts'
import { manualClock } from '../support/manual-clock.ts'
import { rightOf } from '../support/right-of.ts'
import { idOf } from '../support/topic-ids.ts'

const config: TopicConfig = { 'segment.bytes': 900, 'index.interval.bytes': 150 }

const open = async (storage = memoryStorage(), of: TopicConfig = config, clock = manualClock()) => {
  const partitions = [{ topic: 't', partition: 0, topicId: idOf('t'), config: of }]
  const logs = rightOf(await Logs.open({ storage, durability: 'process', partitions, clock }))
  const log = logs.partition({ topic: 't', partition: 0 })
  if (log === undefined) throw new Error('there is no partition')
  return { logs, log, clock, storage }
}

const append = (log: PartitionLog, batch: TestBatch, now = 5) => {
  const staged = rightOf(log.stage(batchOf(batch), 'client', now))
  log.apply()
  return staged
}

const refusalOf = (answer: E.Either<{ readonly code: string }, unknown>): string =>
  E.isLeft(answer) ? answer.left.code : 'accepted'

const value = (length: number) => 'x'.repeat(length)

describe('a partition', () => {
  const batch = fc.array(fc.record({ length: fc.nat({ max: 200 }), timestamp: fc.nat({ max: 60 }) }), {
    minLength: 1,
    maxLength: 4,
  })
  const command = fc.oneof(
    { weight: 8, arbitrary: fc.record({ _tag: fc.constant('append' as const), batch }) },
    {
      weight: 1,
      arbitrary: fc.record({ _tag: fc.constant('delete' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    },
    { weight: 1, arbitrary: fc.constant({ _tag: 'reopen' as const }) },
    { weight: 1, arbitrary: fc.constant({ _tag: 'crash' as const }) },
  )
  const question = fc.record({
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    timestamp: fc.nat({ max: 62 }),
    maxBytes: fc.integer({ min: 1, max: 3000 }),
  })

  it('is an array of records, wherever it is read from and whatever is looked up', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 40 }),
        fc.array(question, { minLength: 3, maxLength: 8 }),
        async (commands, questions) => {
          let { logs, log, storage } = await open()
          const model: { offset: number; timestamp: number; key: string; value: string }[] = []
          let start = 0
          for (const each of commands) {
            if (each._tag === 'append') {
              const records = each.batch.map(({ length, timestamp }) => ({ key: 'k', value: value(length), timestamp }))
              const { baseOffset } = append(log, { records })
              expect(baseOffset).toBe(model.length)
              model.push(...records.map((record, at) => ({ offset: baseOffset + at, ...record })))
            } else if (each._tag === 'delete') {
              start = Math.max(start, Math.floor(each.part * model.length))
              expect(rightOf(log.deleteBefore(Math.floor(each.part * model.length)))).toBe(start)
              log.apply()
            } else {
              if (each._tag === 'reopen') rightOf(await logs.close())
              ;({ logs, log, storage } = await open(storage))
            }
            expect({ start: log.startOffset, end: log.highWatermark }).toEqual({ start, end: model.length })
          }
          for (const { part, timestamp, maxBytes } of questions) {
            const offset = start + Math.floor(part * (model.length - start))
            const read = rightOf(log.read({ offset, maxBytes, isolation: 'read_committed' }))
            const there = recordsIn(read.batches, offset)
            expect(there).toEqual(model.slice(offset, read.nextOffset))
            if (offset < model.length) expect(there.length).toBeGreaterThan(0)
            const bytes = read.batches.reduce((sum, { length }) => sum + length, 0)
            expect(read.batches.length === 1 || bytes <= maxBytes || offset === model.length).toBe(true)
            const found = model.find((record) => record.offset >= start && record.timestamp >= timestamp)
            expect(rightOf(log.offsetAt(timestamp, 'read_committed'))).toBe(found?.offset)
          }
        },
      ),
      { numRuns: 60 },
    ))

  it('shows nothing before it is applied', async () => {
    const { log } = await open()
    rightOf(log.stage(batchOf({ records: [{ key: 'k', value: 'v' }] }), 'client', 5))
    expect([log.endOffset, log.highWatermark]).toEqual([1, 0])
    expect(rightOf(log.read({ offset: 0, maxBytes: 100, isolation: 'read_uncommitted' })).batches).toEqual([])
    log.apply()
    expect(rightOf(log.read({ offset: 0, maxBytes: 100, isolation: 'read_uncommitted' })).nextOffset).toBe(1)
  })

  it('hands out the batches of a read as parts of one array', async () => {
    const { log } = await open(memoryStorage(), {})
    for (let at = 0; at < 10; at++) append(log, { records: [{ key: 'k', value: 'v' }] })
    const { batches } = rightOf(log.read({ offset: 0, maxBytes: 1e6, isolation: 'read_committed' }))
    expect(new Set(batches.map(({ buffer }) => buffer)).size).toBe(1)
    expect(batches.length).toBe(10)
  })
})

describe('a leader', () => {
  it.each([
    ['a corrupt batch', 'invalid-record', () => batchOf({ records: [{ key: 'k', value: 'v' }] }).fill(1, 69, 70)],
    [
      'a batch with a tail',
      'invalid-record',
      () => Buffer.concat([batchOf({ records: [{ key: 'k', value: 'v' }] }), Buffer.alloc(1)]),
    ],
    ['a batch over the limit', 'record-too-large', () => batchOf({ records: [{ key: 'k', value: value(2000) }] })],
    [
      'a keyless record of a compacted topic',
      'invalid-record',
      () =>
        batchOf({
          records: [
            { key: 'k', value: 'v' },
            { key: null, value: 'v' },
          ],
        }),
    ],
    [
      'a producer without a sequence',
      'invalid-record',
      () => batchOf({ records: [{ key: 'k', value: 'v' }], producerId: 1, producerEpoch: 0 }),
    ],
    [
      'a gap in the sequence',
      'out-of-order-sequence',
      () => batchOf({ records: [{ key: 'k', value: 'v' }], producerId: 1, producerEpoch: 0, baseSequence: 3 }),
    ],
  ] as const)('refuses %s', async (_what, code, make) => {
    const { log } = await open(memoryStorage(), { 'cleanup.policy': 'compact', 'max.message.bytes': 1500 })
    expect(refusalOf(log.stage(make(), 'client', 5))).toBe(code)
    expect(log.endOffset).toBe(0)
  })

  it('stamps the append time where the topic asks for it', async () => {
    const { log } = await open(memoryStorage(), { 'message.timestamp.type': 'LogAppendTime' })
    expect(append(log, { records: [{ key: 'k', value: 'v', timestamp: 3 }] }, 77).timestamp).toBe(77)
    const { batches } = rightOf(log.read({ offset: 0, maxBytes: 100, isolation: 'read_committed' }))
    expect(recordsIn(batches)).toMatchObject([{ timestamp: 77 }])
  })

  it.each(['delete', 'compact'] as const)('forgets a producer that was silent for a day: %s', async (policy) => {
    const { log } = await open(memoryStorage(), { ...config, 'cleanup.policy': policy })
    const batch = { records: [{ key: 'k', value: 'v' }], producerEpoch: 0, baseSequence: 0 }
    append(log, { ...batch, producerId: 1 }, 0)
    append(log, { ...batch, producerId: 2 }, 1000)
    log.retain(24 * 60 * 60 * 1000 + 500)
    expect([...log.producers.keys()]).toEqual([2])
  })

  it('answers reads outside of the log with the offsets there are', async () => {
    const { log } = await open()
    append(log, { records: [{ key: 'k', value: 'v' }] })
    for (const offset of [-1, 2]) {
      expect(refusalOf(log.read({ offset, maxBytes: 1, isolation: 'read_committed' }))).toBe('offset-out-of-range')
      expect(refusalOf(log.deleteBefore(offset))).toBe('offset-out-of-range')
    }
  })
})
