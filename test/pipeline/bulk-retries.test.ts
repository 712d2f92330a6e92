import * as fc from 'fast-check'
import { concatMap, Observable, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { inBatches } from '../../operators/in-batches.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { planOf } from '../../src/pipeline/plan.ts'
import { ManualClock, SimulatedTask } from './simulated-task.ts'

type R = StreamRecord<string, number>

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })

/** What one record meets in each operator, by its place: how often that fails, and how long it takes. */
interface Fate {
  readonly key: string
  readonly failures: readonly number[]
  readonly takesMs: number
}

/** Runs the records, whose values number them, through one operator a letter: `o`ne by one, or in a `b`ulk. */
const valuesOut = async (
  fates: readonly Fate[],
  { shape, concurrency }: { readonly shape: string; readonly concurrency: number },
): Promise<readonly number[]> => {
  const clock = new ManualClock()
  const left = fates.map(({ failures }) => [...failures])
  const fateOf = ({ value }: R): Fate => fates[value] as Fate
  const meet = ({ value }: R, at: number): void => {
    const times = left[value] as number[]
    const more = times[at] ?? 0
    times[at] = more - 1
    if (more > 0) throw new Error(`busy ${value}`)
  }
  const oneByOne = (at: number) =>
    concatMap((r: R) => {
      const { takesMs } = fateOf(r)
      meet(r, at)
      return takesMs === 0 ? of(r) : new Observable<R>((s) => clock.after(takesMs, () => (s.next(r), s.complete())))
    })
  const inBulk = (at: number) =>
    inBatches(
      async (records: readonly R[]) => {
        // together they fail where any does; only alone is one to blame
        const bad = records.find(({ value }) => (left[value]?.[at] ?? 0) > 0)
        if (bad !== undefined && records.length > 1) throw new Error('busy')
        for (const r of records) meet(r, at)
      },
      { maxRecords: 3 },
    )
  const operators = shape.split('').map((kind, at) => (kind === 'b' ? inBulk(at) : oneByOne(at)))
  const task = new SimulatedTask({
    plan: planOf('p', { topics: [input], operators: [...operators, to(out)] as unknown as Operators }),
    task: 0,
    input: fates.map(({ key }, value) => ({ topic: input, key, value })),
    concurrency,
    clock,
  })
  const { outputs } = await task.finish()
  return outputs.map((output) => Buffer.from(output.split('=')[1] ?? '', 'latin1').readInt32BE())
}

const fate: fc.Arbitrary<Fate> = fc.record({
  key: fc.constantFrom('k', 'k', 'l', 'm'),
  failures: fc.array(fc.constantFrom(0, 0, 0, 1, 2), { maxLength: 5 }),
  takesMs: fc.constantFrom(0, 0, 5, 40),
})

describe('a record that runs again, and bulk work', () => {
  it('hold each other up for a while at most: all are done, in order', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fate, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom('b', 'ob', 'bo', 'obo', 'bb', 'obob', 'obobo'),
        async (fates, concurrency, shape) => {
          expect(await valuesOut(fates, { shape, concurrency })).toEqual(fates.map((_, value) => value))
        },
      ),
      { numRuns: 1_000 },
    ))

  const well: Fate = { key: 'z', failures: [], takesMs: 0 }

  it.each<readonly [string, readonly Fate[], { readonly shape: string; readonly concurrency: number }]>([
    [
      'those before it go on, for which the work waits: two at a time',
      [
        { ...well, key: 'k', takesMs: 40 },
        { ...well, key: 'k' },
        { ...well, key: 'l', failures: [1] },
      ],
      { shape: 'ob', concurrency: 2 },
    ],
    [
      'those before it go on, for which the work waits: one by one, from one work to the next',
      [{ ...well, takesMs: 40 }, { ...well, failures: [1] }, well],
      { shape: 'obob', concurrency: 1 },
    ],
    [
      'the later one of its key that has gone on meanwhile lets it go first',
      [well, { ...well, key: 'k', failures: [2] }, { ...well, key: 'k' }],
      { shape: 'bo', concurrency: 2 },
    ],
    [
      'the later one of its key that has failed meanwhile does so, too',
      [well, { ...well, key: 'k', failures: [0, 0, 1] }, { ...well, key: 'k', failures: [0, 1] }],
      { shape: 'bob', concurrency: 2 },
    ],
  ])('%s', async (_what, fates, how) => {
    expect(await valuesOut(fates, how)).toEqual(fates.map((_, value) => value))
  })
})
