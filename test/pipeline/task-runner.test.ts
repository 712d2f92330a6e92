import * as fc from 'fast-check'
import {
  catchError,
  concatMap,
  EMPTY,
  from,
  map,
  mergeMap,
  NEVER,
  Observable,
  type OperatorFunction,
  of,
  take,
  takeWhile,
  tap,
} from 'rxjs'
import { describe, expect, it } from 'vitest'
import { inBatches } from '../../operators/in-batches.ts'
import { mapAsync } from '../../operators/map-async.ts'
import { mapValue } from '../../operators/map-value.ts'
import { rekey } from '../../operators/rekey.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { Carrier } from '../../src/contracts/carrier.ts'
import { recordwise } from '../../src/contracts/probe.ts'
import { type UncarriedRecord, watchRefusals } from '../../src/contracts/refusal.ts'
import type { AnyRecord, StreamRecord } from '../../src/contracts/stream-record.ts'
import {
  ForeignKey,
  LateEmission,
  OutputsTooLarge,
  RecordTimedOut,
  UndeclaredTopic,
  UnreadableRecord,
} from '../../src/pipeline/attempt-errors.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { DonePrefix } from '../../src/pipeline/done-prefix.ts'
import { type Plan, planOf } from '../../src/pipeline/plan.ts'
import type { FailedAttempt, Verdict } from '../../src/pipeline/verdict.ts'
import { type Input, ManualClock, quiet, SimulatedTask } from './simulated-task.ts'

type R = StreamRecord<string, number>
type Op = OperatorFunction<R, R>

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })
const other = topic('other', { key: text, value: int32 })

const planned = (...operators: unknown[]): Plan => planOf('p', { topics: [input], operators: operators as Operators })
const sent = (...list: readonly (readonly [string, number])[]): Input[] =>
  list.map(([key, value]) => ({ topic: input, key, value }))
const numbers = (outputs: readonly string[]): number[] =>
  outputs.map((output) => Buffer.from(output.split('=')[1] ?? '', 'latin1').readInt32BE())

/** Gives up what fails, keeping why. */
const skipping = (): { readonly failed: FailedAttempt[]; readonly judge: (failed: FailedAttempt) => Verdict } => {
  const failed: FailedAttempt[] = []
  return { failed, judge: (one) => (failed.push(one), { _tag: 'done', outputs: [] }) }
}

describe('keys', () => {
  it('run one record at a time, and no more of them at once than asked for', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('k', 'l', 'm'), fc.integer({ min: 0, max: 9 })), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.integer({ min: 1, max: 4 }),
        async (list, concurrency) => {
          const clock = new ManualClock()
          const running: string[] = []
          const entered: string[] = []
          let most = 0
          const work: Op = concatMap(
            (r) =>
              new Observable<R>((subscriber) => {
                expect(running).not.toContain(r.key)
                running.push(r.key)
                entered.push(`${r.key}${r.offset}`)
                most = Math.max(most, running.length)
                return clock.after(r.value, () => {
                  running.splice(running.indexOf(r.key), 1)
                  subscriber.next(r)
                  subscriber.complete()
                })
              }),
          )
          const task = new SimulatedTask({
            plan: planned(work, to(out)),
            task: 0,
            input: sent(...list),
            concurrency,
            clock,
          })
          await task.finish()
          expect(most).toBeLessThanOrEqual(concurrency)
          for (const key of ['k', 'l', 'm']) {
            const ofKey = list.flatMap(([k], offset) => (k === key ? [`${k}${offset}`] : []))
            expect(entered.filter((e) => e.startsWith(key))).toEqual(ofKey)
          }
          if (concurrency > 1 && new Set(list.map(([key]) => key)).size > 1) expect(most).toBeGreaterThan(1)
        },
      ),
      { numRuns: 200 },
    ))
})

describe('a record that fails', () => {
  it('halts what has not entered, lets what has finish, and alone runs again', async () => {
    const clock = new ManualClock()
    const began: string[] = []
    let hasFailed = false
    const takes: Readonly<Record<string, number>> = { a: 1, b: 5, c: 50, d: 10 }
    const work: Op = concatMap((r) => {
      began.push(r.key)
      return new Observable<R>((subscriber) =>
        clock.after(takes[r.key] ?? 1, () => {
          if (r.key === 'b' && !hasFailed) {
            hasFailed = true
            return subscriber.error(new Error('not now'))
          }
          subscriber.next(r)
          subscriber.complete()
        }),
      )
    })
    const task = new SimulatedTask({
      plan: planned(work, to(out)),
      task: 0,
      concurrency: 3,
      clock,
      input: sent(['a', 1], ['b', 2], ['c', 3], ['d', 4], ['e', 5]),
      judge: () => ({ _tag: 'again', afterMs: 20 }),
    })
    task.feed(5)
    await quiet()
    while (clock.elapsed() < 11) {
      clock.ring()
      await quiet()
    }
    task.commit()
    expect(began).toEqual(['a', 'b', 'c', 'd']) // d is done: a slot is free, and nobody takes it
    expect(numbers(task.committed.outputs)).toEqual([1]) // what is before it commits
    const { outputs } = await task.finish()
    expect(began).toEqual(['a', 'b', 'c', 'd', 'b', 'e'])
    expect(numbers(outputs)).toEqual([1, 2, 3, 4, 5])
  })

  it('is told its reason: bytes that cannot be read, an operator that throws while it is applied', async () => {
    const { failed, judge } = skipping()
    const unreadable = { ...input, value: { ...int32, encode: () => new Uint8Array(3) } }
    const throwing = {
      ...input,
      key: {
        ...text,
        decode: () => {
          throw new Error('broken codec')
        },
      },
    }
    for (const bad of [unreadable, throwing]) {
      const plan = planOf('p', { topics: [bad], operators: [to(out)] as unknown as Operators })
      await new SimulatedTask({
        plan,
        task: 0,
        input: [{ topic: bad, key: 'a', value: 1 }],
        concurrency: 1,
        judge,
      }).finish()
    }
    let applied = 0
    const throwsLater = (source: Observable<R>): Observable<R> => {
      if (applied++ > 0) throw new Error('applied twice')
      return source
    }
    await new SimulatedTask({
      plan: planned(recordwise(throwsLater), to(out)),
      task: 0,
      input: sent(['a', 1]),
      concurrency: 1,
      judge,
    }).finish()
    expect(failed[0]?.reason).toBeInstanceOf(UnreadableRecord)
    expect((failed[0]?.reason as Error).message).toContain("the value of record 'in-0-0' is not int32")
    expect((failed[1]?.reason as Error).message).toContain('the codec threw: broken codec')
    expect((failed[2]?.reason as Error).message).toBe('applied twice')
  })
})

describe('operators that are not what their tag says', () => {
  const total = store('total', { key: text, value: int32 })
  const list = sent(['a', 1], ['b', 2], ['a', 3], ['b', 4], ['a', 5])

  it.each<readonly [string, () => unknown]>([
    ['completes before its source does', () => recordwise(take(1))],
    ['does not complete with its source', () => recordwise(mergeMap((r: R) => Promise.resolve(r)))],
    [
      'does not subscribe to its source at once',
      () => recordwise((source: Observable<R>) => from(Promise.resolve()).pipe(mergeMap(() => source))),
    ],
  ])('%s: found out, told, and run with a chain a record', async (what, bad) => {
    const plan = planned(
      scanByKey(total, 0, (sum, v: number) => sum + v),
      bad(),
      to(out),
    )
    expect(plan.recordwise).toBe(true)
    const task = new SimulatedTask({ plan, task: 0, input: list, concurrency: 1 })
    const { outputs, state } = await task.finish()
    expect(numbers(outputs)).toEqual([1, 2, 4, 6, 9])
    expect(state.get('total')?.size).toBe(2)
    expect(task.notices.map(({ message }) => message).join()).toContain(what)
  })

  it('found out late, loses nothing of what was done before and is not committed', async () => {
    const bad = recordwise(takeWhile((r: R) => r.value < 4))
    const plan = planned(
      scanByKey(total, 0, (sum, v: number) => sum + v),
      to(out),
      bad,
    )
    const task = new SimulatedTask({ plan, task: 0, input: list, concurrency: 1 })
    task.feed(2)
    await quiet()
    expect(task.notices).toEqual([])
    const { outputs } = await task.finish()
    expect(numbers(outputs)).toEqual([1, 2, 4, 6, 9])
    expect(task.notices).toHaveLength(1)
  })
})

describe('what is written', () => {
  const failing = async (plan: Plan, extra: { outputBytesMax?: number } = {}, ...list: Input[]): Promise<unknown> => {
    const { failed, judge } = skipping()
    const task = new SimulatedTask({
      plan,
      task: 0,
      input: list.length > 0 ? list : sent(['a', 1]),
      concurrency: 1,
      judge,
      ...extra,
    })
    const { outputs } = await task.finish()
    expect(outputs).toEqual([])
    return failed[0]?.reason
  }
  const hiding =
    (operator: unknown): Op =>
    (source) =>
      source.pipe(
        concatMap((r) =>
          of(r).pipe(
            operator as Op,
            catchError(() => of(r)),
          ),
        ),
      )

  it('to a topic that nobody could see is refused, even where the refusal is caught', async () => {
    const reason = await failing(
      planned(
        hiding(to(other)),
        tap(() => undefined),
      ),
    )
    expect(reason).toBeInstanceOf(UndeclaredTopic)
    expect((reason as Error).message).toContain('uses: [other]')
  })

  it('to a hidden topic that `uses` names is fine', async () => {
    const plan = planOf('p', { topics: [input], operators: [hiding(to(other))] as unknown as Operators }, [other])
    const { outputs } = await new SimulatedTask({ plan, task: 0, input: sent(['a', 7]), concurrency: 1 }).finish()
    expect(numbers(outputs)).toEqual([7])
  })

  it.each([true, false])(
    'beyond what one record may gather fails that record by name (fast path: %s)',
    async (isFast) => {
      const many = mergeMap((r: R) => from(Array.from({ length: 50 }, () => r)))
      const plan = planned(isFast ? recordwise(many) : many, to(out))
      const reason = await failing(plan, { outputBytesMax: 500 })
      expect(reason).toBeInstanceOf(OutputsTooLarge)
      expect((reason as Error).message).toContain("record 'in-0-0'")
    },
  )

  it('by a value that its codec refuses fails that record alone', async () => {
    const { failed, judge } = skipping()
    const plan = planned(
      mapValue((v: number) => (v === 2 ? 0.5 : v)),
      to(out),
    )
    const task = new SimulatedTask({ plan, task: 0, input: sent(['a', 1], ['a', 2], ['a', 3]), concurrency: 1, judge })
    expect(numbers((await task.finish()).outputs)).toEqual([1, 3])
    expect((failed[0]?.reason as Error).name).toBe('EncodeError')
  })

  it('after the end of its record is refused, counted and told', async () => {
    const kept: R[] = []
    const plan = planned(
      tap((r: R) => kept.push(r)),
      to(out),
    )
    const task = new SimulatedTask({ plan, task: 0, input: sent(['a', 1]), concurrency: 1 })
    await task.finish()
    const errors: unknown[] = []
    from(kept)
      .pipe(to(out))
      .subscribe({ error: (error) => errors.push(error) })
    expect(errors[0]).toBeInstanceOf(LateEmission)
    expect(task.late).toEqual([(errors[0] as Error).message])
    expect(numbers(task.committed.outputs)).toEqual([1])
  })

  it('with a record that belongs to no task is refused, and the runs that write there hear of it', async () => {
    const reports: UncarriedRecord[] = []
    const clone = map((r: R) => structuredClone({ ...r, headers: new Map() }) as R)
    const plan = planned(recordwise(clone), hiding(to(out)), to(out))
    const unwatch = watchRefusals(plan.needs, (error) => reports.push(error))
    await failing(plan)
    unwatch()
    expect(reports[0]?.message).toContain("topic 'out' got record 'in-0-0', which belongs to no task")
    expect(reports[0]?.message).toContain('{ ...record, value }')
  })
})

describe('what all records write together', () => {
  /** What each of them writes, as it is counted. */
  const outputBytesOf = async (plan: Plan, clock: ManualClock): Promise<number> => {
    const task = new SimulatedTask({ plan, task: 0, input: sent(['k', 0]), concurrency: 1, clock })
    task.feed(1)
    do await quiet()
    while (clock.ring())
    return task.runner.take()?.bytes ?? expect.fail('it wrote nothing')
  }

  it('is bounded until it is committed, wherever it waits, and every record comes through', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('k', 'l', 'm'), fc.nat(9)), { minLength: 1, maxLength: 40 }),
        fc.constantFrom<readonly [boolean, number]>([true, 1], [false, 1], [false, 3]),
        fc.constantFrom(0, 5, 10),
        fc.integer({ min: 1, max: 12 }),
        fc.infiniteStream(fc.boolean()),
        async (list, [isFast, concurrency], laterFrom, room, holds) => {
          const clock = new ManualClock()
          const later: Op = concatMap((r) =>
            r.value < laterFrom
              ? of(r)
              : new Observable<R>((subscriber) =>
                  clock.after(r.value, () => {
                    subscriber.next(r)
                    subscriber.complete()
                  }),
                ),
          )
          const plan = isFast ? planned(to(out)) : planned(to(out), later)
          const outputBytes = await outputBytesOf(plan, clock)
          const outputBytesMax = room * outputBytes
          const fitting = Array.from({ length: room }, () => ['k', 0] as const)
          const input = sent(...list, ...fitting)
          const task = new SimulatedTask({ plan, task: 0, input, concurrency, clock, outputBytesMax })
          const held: DonePrefix[] = []
          let records = 0
          task.feed(list.length)
          for (let idle = 0; records < list.length || held.length > 0; ) {
            await quiet()
            const prefix = task.runner.take()
            if (prefix !== undefined) held.push(prefix)
            records += prefix?.records ?? 0
            const bytes = held.reduce((sum, one) => sum + one.bytes, 0)
            // each that runs may have been let in by the last byte of room
            expect(bytes).toBeLessThanOrEqual(outputBytesMax + concurrency * outputBytes)
            if (holds.next().value === true && clock.ring()) continue
            const [oldest] = held.splice(0, 1)
            if (oldest !== undefined) task.runner.committed(oldest)
            idle = oldest !== undefined || clock.ring() ? 0 : idle + 1
            expect(idle).toBeLessThan(3)
          }
          // with everything committed all of the room is there again
          task.feed(fitting.length)
          do await quiet()
          while (clock.ring())
          expect(task.runner.take()?.records).toBe(fitting.length)
        },
      ),
      { numRuns: 100 },
    ))
})

describe('state', () => {
  it('is refused for another key than the one that was let in, whatever changed it', async () => {
    const total = store('total', { key: text, value: int32 })
    const { failed, judge } = skipping()
    const plan = planned(
      rekey((r: R) => `${r.key}!`),
      scanByKey(total, 0, (s, v: number) => s + v),
      to(out),
    )
    await new SimulatedTask({ plan, task: 0, input: sent(['a', 1]), concurrency: 1, judge }).finish()
    expect(failed[0]?.reason).toBeInstanceOf(ForeignKey)
    expect((failed[0]?.reason as Error).message).toContain('write the record to a topic under its new key first')
  })

  it('says so where topic and store write keys differently', async () => {
    const total = store('total', {
      key: { ...text, name: 'upper', encode: (k: string) => text.encode(k.toUpperCase()) },
      value: int32,
    })
    const { failed, judge } = skipping()
    const plan = planned(scanByKey(total, 0, (s, v: number) => s + v))
    await new SimulatedTask({ plan, task: 0, input: sent(['a', 1]), concurrency: 1, judge }).finish()
    expect((failed[0]?.reason as Error).message).toContain('give both the same key codec')
  })
})

describe('a record that does not complete', () => {
  it('is named after a while, fails at its limit, and its signal aborts', async () => {
    const clock = new ManualClock()
    const { failed, judge } = skipping()
    const aborted: unknown[] = []
    const hanging = mapAsync(
      (v: number, _r: R, signal: AbortSignal) =>
        new Promise<number>((resolve) => {
          if (v === 1) return resolve(v)
          signal.addEventListener('abort', () => aborted.push(signal.reason))
        }),
    )
    const task = new SimulatedTask({
      plan: planned(hanging, to(out)),
      task: 0,
      input: sent(['a', 1], ['b', 2]),
      concurrency: 2,
      clock,
      judge,
      timeLimitMs: 60_000,
    })
    task.feed(2)
    await quiet()
    clock.spend(10_000)
    task.runner.checkTimes()
    expect(task.notices.map(({ _tag }) => _tag)).toEqual(['record-slow'])
    expect(task.notices[0]?.message).toContain("record 'in-0-1' has not completed for 10000 ms")
    task.runner.checkTimes()
    expect(task.notices).toHaveLength(1)
    clock.spend(50_000)
    task.runner.checkTimes()
    const { outputs } = await task.finish()
    expect(numbers(outputs)).toEqual([1])
    expect(failed[0]?.reason).toBeInstanceOf(RecordTimedOut)
    expect(aborted).toHaveLength(1)
  })

  it('is given up with its task', async () => {
    const signals: AbortSignal[] = []
    const torn: string[] = []
    const work: Op = concatMap((r) => new Observable<R>(() => () => torn.push(r.key)))
    const watch = tap((r: R) => signals.push((Carrier.of(r) as Carrier).signal))
    const task = new SimulatedTask({
      plan: planned(watch, work),
      task: 0,
      input: sent(['a', 1], ['b', 2]),
      concurrency: 2,
    })
    task.feed(2)
    await quiet()
    task.runner.close('gone')
    expect(torn).toEqual(['a', 'b'])
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
    expect(task.runner.take()).toBeUndefined()
  })
})

describe('the event loop', () => {
  it.each([true, false])('gets its turn every 10 ms (fast path: %s)', async (isFast) => {
    const clock = new ManualClock()
    let turn = 0
    const perTurn: number[] = []
    const work = tap(() => {
      perTurn[turn] = (perTurn[turn] ?? 0) + 1
      clock.spend(1)
    })
    const list = sent(...Array.from({ length: 100 }, (_, i) => ['k', i] as const))
    const plan = planned(isFast ? recordwise(work) : work)
    const task = new SimulatedTask({ plan, task: 0, input: list, concurrency: 1, clock })
    await task.finish(() => {
      turn += 1
    })
    expect(Math.max(...perTurn.filter((n) => n > 0))).toBeLessThanOrEqual(18)
    expect(perTurn.reduce((a, b) => a + (b ?? 0), 0)).toBe(100)
  })

  it('gets it between promises too', async () => {
    const clock = new ManualClock()
    const work = mapAsync(async (v: number) => {
      clock.spend(1)
      return v
    })
    const list = sent(...Array.from({ length: 100 }, (_, i) => ['k', i] as const))
    const task = new SimulatedTask({ plan: planned(work), task: 0, input: list, concurrency: 1, clock })
    task.feed(100)
    await quiet()
    task.commit()
    expect(task.committed.records).toBeLessThanOrEqual(15)
  })
})

describe('work in batches', () => {
  const batchesOf = (fails: (r: AnyRecord) => boolean = () => false, maxRecords = 100) => {
    const calls: number[][] = []
    const work = inBatches(
      async (records: readonly R[]) => {
        calls.push(records.map(({ value }) => value))
        if (records.some(fails)) throw new Error('no')
      },
      { maxRecords },
    )
    return { calls, work }
  }
  const list = sent(['a', 1], ['b', 2], ['c', 3], ['d', 4], ['e', 5])

  it('gets records in input order, as many as it takes, whatever came first above it', async () => {
    const clock = new ManualClock()
    const { calls, work } = batchesOf(undefined, 3)
    const later: Op = concatMap(
      (r) =>
        new Observable<R>((s) =>
          clock.after(10 - r.value, () => {
            s.next(r)
            s.complete()
          }),
        ),
    )
    const task = new SimulatedTask({ plan: planned(later, work, to(out)), task: 0, input: list, concurrency: 5, clock })
    expect(numbers((await task.finish()).outputs)).toEqual([1, 2, 3, 4, 5])
    expect(calls).toEqual([
      [1, 2, 3],
      [4, 5],
    ])
  })

  it('goes record by record where it fails, so that the failure has an owner', async () => {
    const { failed, judge } = skipping()
    const { calls, work } = batchesOf((r) => r.value === 3)
    const task = new SimulatedTask({ plan: planned(work, to(out)), task: 0, input: list, concurrency: 1, judge })
    expect(numbers((await task.finish()).outputs)).toEqual([1, 2, 4, 5])
    expect(calls).toEqual([[1], [2, 3, 4, 5], [2], [3], [4], [5]])
    expect(failed.map(({ recordId }) => recordId)).toEqual(['in-0-2'])
  })

  it('gives the same output as one by one, however it is cut', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('k', 'l', 'm'), fc.integer({ min: 0, max: 9 })), {
          minLength: 1,
          maxLength: 15,
        }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 4 }),
        async (list, concurrency, maxRecords, bad) => {
          const clock = new ManualClock()
          const total = store('total', { key: text, value: int32 })
          const { work } = batchesOf((r) => (r.value as number) % 5 === bad, maxRecords)
          const later: Op = concatMap(
            (r) =>
              new Observable<R>((s) =>
                clock.after(r.value, () => {
                  s.next(r)
                  s.complete()
                }),
              ),
          )
          const plan = planned(
            later,
            work,
            later,
            scanByKey(total, 0, (s, v: number) => s + v),
            to(out),
          )
          const task = new SimulatedTask({
            plan,
            task: 0,
            input: sent(...list),
            concurrency,
            clock,
            judge: skipping().judge,
          })
          const sums = new Map<string, number>()
          const expected = list.flatMap(([key, value]) => {
            if (value % 5 === bad) return []
            sums.set(key, (sums.get(key) ?? 0) + value)
            return [sums.get(key) as number]
          })
          expect(numbers((await task.finish()).outputs)).toEqual(expected)
        },
      ),
      { numRuns: 200 },
    ))

  it('past its time limit fails, whether or not it heeds the signal', async () => {
    const clock = new ManualClock()
    const { failed, judge } = skipping()
    const work = inBatches((records: readonly R[]) =>
      records.some(({ value }) => value === 2) ? new Promise<void>(() => undefined) : undefined,
    )
    const task = new SimulatedTask({
      plan: planned(work, to(out)),
      task: 0,
      input: list.slice(0, 3),
      concurrency: 3,
      clock,
      judge,
      timeLimitMs: 1_000,
    })
    task.feed(3)
    const { outputs } = await task
      .finish(() => {
        clock.spend(600)
        task.runner.checkTimes()
      })
      .catch(async () => {
        for (let i = 0; i < 10; i++) {
          clock.spend(600)
          task.runner.checkTimes()
          await quiet()
        }
        return task.finish()
      })
    expect(numbers(outputs)).toEqual([1, 3])
    expect(failed[0]?.reason).toBeInstanceOf(RecordTimedOut)
  })

  it('refuses a store above it', () => {
    const total = store('total', { key: text, value: int32 })
    const { work } = batchesOf()
    expect(() =>
      planned(
        scanByKey(total, 0, (s, v: number) => s + v),
        work,
      ),
    ).toThrow(/store 'total' above inBatches/)
  })
})

describe('what RxJS has', () => {
  it.each<readonly [string, unknown]>([
    ['EMPTY is a record that writes nothing', concatMap(() => EMPTY)],
    ['an unhandled error inside is the record’s', concatMap((r: R) => (r.value === 2 ? NEVER.pipe(take(0)) : of(r)))],
  ])('%s', async (_what, operator) => {
    const task = new SimulatedTask({
      plan: planned(operator, to(out)),
      task: 0,
      input: sent(['a', 1], ['b', 2]),
      concurrency: 1,
    })
    await task.finish()
    expect(task.committed.records).toBe(2)
  })
})
