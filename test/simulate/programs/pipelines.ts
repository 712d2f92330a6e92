import * as t from 'io-ts'
import { mapRecord, mapValue, scanByKey, to } from '../../../operators/index.ts'
import { type Millrace, type StreamRecord, store, stream, topic } from '../../../src/index.ts'
import { type Program, program } from '../program.ts'
import { copies, increments, keyedNumbers, numbers } from './keyed-numbers.ts'

const input = numbers('numbers')
const copied = numbers('copied')

const copying = stream(input).pipe(to(copied))

/** A pipeline that copies, in each of the three guarantees. */
export const copy: Program = program('copy', {
  app: (millrace) => millrace.run('copy', copying),
  topics: [input, copied],
  input: { numbers: keyedNumbers },
  expect: (e) => [
    e.exactlyOnce(copied, ({ numbers }) => copies(numbers)),
    e.ordered(copied, ({ numbers }) => copies(numbers)),
  ],
})

export const copyAtLeastOnce: Program = program('copy at least once', {
  app: (millrace) => millrace.run('copy', copying, { guarantee: 'at-least-once' }),
  topics: [input, copied],
  input: { numbers: keyedNumbers },
  expect: (e) => e.atLeastOnce(copied, ({ numbers }) => copies(numbers)),
})

export const copyAtMostOnce: Program = program('copy at most once', {
  app: (millrace) => millrace.run('copy', copying, { guarantee: 'at-most-once' }),
  topics: [input, copied],
  input: { numbers: keyedNumbers },
  expect: (e) => e.atMostOnce(copied, ({ numbers }) => copies(numbers)),
})

const sums = topic('sums', { key: t.string, value: t.number, partitions: 2 })
const kept = store('kept', { key: t.string, value: t.number })

/** What `fold` has come to at each record, key by key. */
const running = (records: readonly StreamRecord<string, number>[]): readonly { key: string; value: number }[] => {
  const totals = new Map<string, number>()
  return records.map(({ key, value }) => {
    totals.set(key, (totals.get(key) ?? 0) + value)
    return { key, value: totals.get(key) ?? 0 }
  })
}

/** State in a store, which moves with its task. */
export const totals: Program = program('totals', {
  app: (millrace) =>
    millrace.run(
      'totals',
      stream(input).pipe(
        scanByKey(kept, 0, (sum, value) => sum + value),
        to(sums),
      ),
    ),
  topics: [input, sums],
  input: { numbers: keyedNumbers },
  expect: (e) => [
    e.exactlyOnce(sums, ({ numbers }) => running(numbers)),
    e.ordered(sums, ({ numbers }) => running(numbers)),
  ],
})

const chained = numbers('chained')
const swapKey = { a: 'x', b: 'y', c: 'x' } as const

/** Two pipelines, one after the other; the second reads what the first has committed, under other keys. */
export const chain: Program = program('chain', {
  app: async (millrace: Millrace) => {
    await millrace.run(
      'first',
      stream(input).pipe(
        mapValue((value) => value + 1),
        to(copied),
      ),
    )
    await millrace.run(
      'second',
      stream(copied).pipe(
        mapRecord((record) => ({ ...record, key: swapKey[record.key as 'a'] })),
        to(chained),
      ),
    )
  },
  topics: [input, copied, chained],
  input: { numbers: keyedNumbers },
  expect: (e) => [
    e.exactlyOnce(copied, ({ numbers }) => increments(numbers)),
    e.ordered(copied, ({ numbers }) => increments(numbers)),
    e.exactlyOnce(chained, ({ copied }) => copied.map(({ key, value }) => ({ key: swapKey[key as 'a'], value }))),
  ],
})
