import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapValue, to } from '../../../operators/index.ts'
import { text } from '../../../src/codec/text.ts'
import { topic } from '../../../src/codec/topic.ts'
import { beginningMs } from '../../../src/engines/simulated/world/world.ts'
import { stream } from '../../../src/pipeline/stream.ts'
import { deliverySemantics } from '../../../src/testing/delivery-semantics.ts'
import type { Drawn } from '../../../src/testing/input-record.ts'
import { type Draw, plannedRecords } from '../../../src/testing/simulation/planned-records.ts'
import { planOf, replayOf } from '../../../src/testing/simulation/replay.ts'

const words = topic('words', { key: text, value: text, partitions: 3 })
const loud = topic('loud', { key: text, value: text, partitions: 3 })

const draw = (drawn: Drawn<string, string>, afterMs = 0): Draw => ({ topic: words, drawn, afterMs })
const told = (draws: readonly Draw[]) =>
  plannedRecords(draws).map(({ value, afterMs }) => [Buffer.from(value ?? []).toString(), afterMs])

describe('plannedRecords', () => {
  it('keeps the times of single records, their own first', () => {
    const one = { key: 'k', value: 'a' }
    expect(told([draw(one, 5), draw({ ...one, value: 'b' }), draw({ ...one, value: 'c', afterMs: 7 }, 100)])).toEqual([
      ['a', 5],
      ['b', 0],
      ['c', 7],
    ])
  })

  it('lets records of several lists mingle, each list in its order', () => {
    const list = (name: string) => [
      { key: 'k', value: `${name}1` },
      { key: 'k', value: `${name}2`, afterMs: 100 },
      { key: 'k', value: `${name}3` },
    ]
    expect(told([draw(list('a'), 10), draw(list('b'), 20), draw([]), draw({ key: 'k', value: 'c' }, 300)])).toEqual([
      ['a1', 10],
      ['b1', 20],
      ['a2', 80],
      ['a3', 0],
      ['b2', 20],
      ['b3', 0],
      ['c', 200],
    ])
  })

  it('has bytes of its own, headers and all', () => {
    const headers = { trace: 'x', raw: new Uint8Array([1]) }
    const [planned] = plannedRecords([draw({ key: 'k', value: 'v', headers, lateMs: 5, partition: 2 })])
    expect(planned).toEqual({
      topic: 'words',
      key: new TextEncoder().encode('k'),
      value: new TextEncoder().encode('v'),
      afterMs: 0,
      headers: [
        ['trace', new TextEncoder().encode('x')],
        ['raw', new Uint8Array([1])],
      ],
      lateMs: 5,
      partition: 2,
    })
  })

  it('is the same after it was written down', () => {
    const some = plannedRecords([
      draw({ key: 'k', value: 'v', headers: new Map([['h', 'x']]), timestamp: 0, partition: 0 }),
      draw({ key: 'k', value: 'v', lateMs: 0 }, 3),
      draw({ key: 'k', value: 'v' }),
    ])
    const plan = { seed: 1, cluster: {}, input: some, faults: [], instances: 1 }
    expect(planOf(replayOf(plan))).toEqual(plan)
  })

  it.each([
    [{ afterMs: -1 }, 'input.words: afterMs is a number of milliseconds, from 0 on, and not -1'],
    [{ lateMs: Number.NaN }, 'input.words: lateMs is a number of milliseconds, from 0 on, and not NaN'],
    [{ partition: 3 }, "input.words: 'words' has partitions 0 to 2, and no 3"],
    [{ lateMs: 1, timestamp: 1 }, 'input.words: a record has a timestamp, or is late by lateMs, and not both'],
  ])('refuses %o by name', (besides, message) => {
    expect(() => plannedRecords([draw({ key: 'k', value: 'v', ...besides })])).toThrow(new TypeError(message))
  })

  it('is what a run sends: partition, header and lateness', async () => {
    const record = fc.record({
      key: fc.constantFrom('a', 'b'),
      value: fc.string(),
      lateMs: fc.constant(3_600_000),
      headers: fc.constant({ trace: 'x' }),
      partition: fc.constantFrom(0, 2),
    })
    const seen = { hasBeen: false }
    await deliverySemantics({
      app: (millrace) =>
        millrace.run(
          'shout',
          stream(words).pipe(
            mapValue((word) => `${word}!`),
            to(loud),
          ),
        ),
      topics: [words, loud],
      input: { words: record },
      faults: 'calm',
      runs: 5,
      seed: 1,
      expect: (e) => [
        e.exactlyOnce(loud, ({ words }) => words.map(({ key, value }) => ({ key, value: `${value}!` }))),
        e.eventually(words, 'records lie where and as they were sent', (records) =>
          records.every(({ partition, headers, timestamp }) => {
            seen.hasBeen = true
            const trace = Buffer.from(headers.get('trace') ?? []).toString()
            return partition !== 1 && trace === 'x' && timestamp < beginningMs
          }),
        ),
      ],
    })
    expect(seen.hasBeen).toBe(true)
  })
})
