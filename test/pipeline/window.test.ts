import * as fc from 'fast-check'
import { concatMap, Observable, type OperatorFunction, of, tap } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { DoneSoFar } from '../../src/pipeline/done-prefix.ts'
import type { Entry } from '../../src/pipeline/entry.ts'
import { planOf } from '../../src/pipeline/plan.ts'
import { sourceOf } from '../../src/pipeline/source.ts'
import { Window } from '../../src/pipeline/window.ts'
import { quiet, SimulatedTask } from './simulated-task.ts'

type R = StreamRecord<string, number>

const input = topic('in', { key: text, value: int32 })
const source = sourceOf(input, 0)
const recordsMax = 4_096
const bytesMax = 16 * 1024 * 1024

const entered = (window: Window, offset: number, value: Uint8Array): Entry =>
  window.enter(source, { offset, timestamp: 0, key: null, value, headers: new Map() }, offset + 1)

/** Enters records of these sizes, one after the other, for as long as there is room. */
const fill = (window: Window, sizes: readonly Uint8Array[]): Entry[] => {
  const entries: Entry[] = []
  while (!window.isFull && entries.length <= recordsMax)
    entries.push(entered(window, entries.length, sizes[entries.length % sizes.length] as Uint8Array))
  return entries
}

const bytesOf = (entries: readonly Entry[]): number => entries.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)

describe('a window', () => {
  it('is full with so many records or so many bytes, whichever comes first, and has room again as its front leaves', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1, 100, 10_000, 1_000_000, 20_000_000), { minLength: 1, maxLength: 5 }),
        (sizes) => {
          const window = new Window()
          const values = sizes.map((size) => new Uint8Array(size))
          const entries = fill(window, values)
          expect(entries.length).toBeLessThanOrEqual(recordsMax)
          expect(entries.length === recordsMax || bytesOf(entries) >= bytesMax).toBe(true)
          expect(bytesOf(entries.slice(0, -1))).toBeLessThan(bytesMax)
          // behind one that is not done nothing leaves
          for (const entry of entries.slice(1)) entry.state = 'done'
          window.settle(new DoneSoFar(Number.POSITIVE_INFINITY, 0), [])
          expect(window.isFull).toBe(true)
          for (const entry of entries.slice(0, 1)) entry.state = 'done'
          const done = new DoneSoFar(Number.POSITIVE_INFINITY, 0)
          window.settle(done, [])
          expect(done.records).toBe(entries.length)
          expect([window.isFull, window.isEmpty]).toEqual([false, true])
          expect(fill(window, values)).toHaveLength(entries.length)
        },
      ),
      { numRuns: 30 },
    ))

  it('bounds what enters behind a record that hangs; all of it is done once that is', async () => {
    let release: () => void = () => undefined
    let most = 0
    const work: OperatorFunction<R, R> = concatMap((r) =>
      r.value > 0
        ? of(r)
        : new Observable<R>((subscriber) => {
            release = () => subscriber.complete()
          }),
    )
    const seen = tap(({ value }: R) => {
      most = Math.max(most, value)
    })
    const records = 3 * recordsMax
    const task = new SimulatedTask({
      plan: planOf('p', { topics: [input], operators: [seen, work] as unknown as Operators }),
      task: 0,
      input: Array.from({ length: records }, (_, value) => ({ topic: input, key: `${value}`, value })),
      concurrency: 2,
    })
    task.feed(records)
    for (let turns = 0; turns < 10; turns++) await quiet()
    expect(most).toBe(recordsMax - 1)
    task.commit()
    expect(task.committed.records).toBe(0)
    release()
    await task.finish()
    expect(task.committed.records).toBe(records)
  })
})
