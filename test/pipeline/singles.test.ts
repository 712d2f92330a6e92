import { catchError, concatMap, map, NEVER, type OperatorFunction, of, tap } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { Carrier } from '../../src/contracts/carrier.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import { UndeclaredTopic } from '../../src/pipeline/attempt-errors.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { type Plan, planOf } from '../../src/pipeline/plan.ts'
import { quiet, SimulatedTask } from './simulated-task.ts'

type R = StreamRecord<string, number>
type Op = OperatorFunction<R, R>

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })
const planned = (...operators: unknown[]): Plan => planOf('p', { topics: [input], operators: operators as Operators })

const records = 9

/** A task of which `act` gets hold while record 4 is at work, behind what it writes first. */
const takenAt4 = (act: (task: SimulatedTask, record: R) => void, ...behind: unknown[]): SimulatedTask => {
  const at4: Op = tap((r) => {
    if (r.offset === 4) act(task, r)
  })
  const task = new SimulatedTask({
    plan: planned(to(out), at4, ...behind),
    task: 0,
    input: Array.from({ length: records }, (_, value) => ({ topic: input, key: 'k', value })),
    concurrency: 1,
  })
  return task
}

/** As long as it takes a promise, where the value is odd. */
const oddLater: Op = concatMap((r) => (r.value % 2 === 1 ? Promise.resolve(r) : of(r)))

describe('a record that does not end at once', () => {
  it('goes on with its own key and state, whatever is read behind it', async () => {
    const total = store('total', { key: text, value: int32 })
    const first = store('first', { key: text, value: int32 })
    const failed: unknown[] = []
    const task = new SimulatedTask({
      plan: planned(
        scanByKey(first, 0, (n) => n + 1),
        map((r: R) => ({ ...r, value: r.offset })),
        oddLater,
        scanByKey(total, 0, (sum, v: number) => sum + v),
        to(out),
      ),
      task: 0,
      input: ['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd'].map((key, value) => ({ topic: input, key, value })),
      concurrency: 4,
      judge: ({ reason }) => (failed.push(reason), { _tag: 'done', outputs: [] }),
    })
    const { state } = await task.finish()
    expect(failed).toEqual([])
    const sums = [...(state.get('total') ?? [])].map(([key, bytes]) => [key, Buffer.from(bytes).readInt32BE()])
    expect(Object.fromEntries(sums)).toEqual({ a: 4, b: 6, c: 8, d: 10 })
    expect([...(state.get('first') ?? [])].map(([, bytes]) => Buffer.from(bytes).readInt32BE())).toEqual([2, 2, 2, 2])
  })

  it('fails for what it was refused before that, even where it was caught', async () => {
    const hidden: Op = concatMap((r) =>
      of(r).pipe(
        to(out),
        catchError(() => of(r)),
      ),
    )
    const reasons: unknown[] = []
    const task = new SimulatedTask({
      plan: planned(hidden, oddLater),
      task: 0,
      input: [0, 1].map((value) => ({ topic: input, key: 'k', value })),
      concurrency: 1,
      judge: ({ reason }) => (reasons.push(reason), { _tag: 'done', outputs: [] }),
    })
    await task.finish()
    expect(reasons).toHaveLength(2)
    for (const reason of reasons) expect(reason).toBeInstanceOf(UndeclaredTopic)
  })
})

describe('records that end at once', () => {
  it.each<readonly [string, readonly unknown[]]>([
    ['', []],
    [', and it writes no more', [to(out)]],
    [', and it does not go on', [concatMap((r: R) => (r.offset === 4 ? NEVER : of(r))), to(out)]],
  ])('are done up to the one from within which the task is given up: its signal aborts%s', async (_what, behind) => {
    let signal: AbortSignal | undefined
    const task = takenAt4(
      ({ runner }, record) => {
        signal = Carrier.of(record)?.signal
        expect(signal?.aborted).toBe(false)
        runner.abandon('over')
      },
      ...behind,
    )
    task.feed(records)
    await quiet()
    expect(signal?.reason).toMatchObject({ name: 'AttemptGivenUp', message: 'over' })
    task.commit()
    expect(task.committed.records).toBe(4)
    expect(task.committed.outputs).toHaveLength(behind.length === 0 ? 4 : 8)
    expect([...task.committed.positions.values()]).toEqual([4])
    expect(task.late).toHaveLength(behind.length === 1 ? 1 : 0)
  })

  it('let none enter behind the one from within which the task is drained', async () => {
    let drained: Promise<void> | undefined
    const task = takenAt4(({ runner }) => {
      drained = runner.drain('entered')
    })
    task.feed(records)
    await quiet()
    await drained
    task.commit()
    expect(task.committed.records).toBe(5)
    expect(task.committed.outputs).toHaveLength(5)
  })

  it('stay done where what follows cannot be read', async () => {
    const task = takenAt4(() => undefined)
    const { offer } = task.runner
    task.runner.offer = (chunk) =>
      offer.call(task.runner, {
        ...chunk,
        open: (batch) => {
          if (batch === 2) throw new Error('damaged')
          return chunk.open(batch)
        },
      })
    task.feed(records)
    await quiet()
    expect(task.broken).toMatchObject({ message: 'damaged' })
    task.commit()
    expect([...task.committed.positions.values()]).toEqual([6])
    expect(task.committed.outputs).toHaveLength(6)
  })
})
