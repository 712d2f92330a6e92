import {
  catchError,
  delay,
  EMPTY,
  first,
  map,
  mergeMap,
  NEVER,
  Observable,
  type OperatorFunction,
  of,
  take,
  tap,
} from 'rxjs'
import { describe, expect, it } from 'vitest'
import { filterValue } from '../../operators/filter-value.ts'
import { inBatches } from '../../operators/in-batches.ts'
import { mapAsync } from '../../operators/map-async.ts'
import { mapValue } from '../../operators/map-value.ts'
import { to } from '../../operators/to.ts'
import { recordwise } from '../../src/contracts/probe.ts'
import {
  deadLetter,
  deadLetters,
  LateEmission,
  type Notice,
  type OnError,
  RecordTimedOut,
  type Running,
  type RunOptions,
  type StreamRecord,
  stream,
  text,
  topic,
  UncarriedRecord,
} from '../../src/index.ts'
import { DrivenMillrace, failOnUnheardErrors, noticesOf } from '../support/bad-input.ts'

failOnUnheardErrors()

type R = StreamRecord<string, string>
const input = topic('in', { key: text, value: text, partitions: 2 })
const output = topic('out', { key: text, value: text, partitions: 2 })
const dead = deadLetters('in.dead', { partitions: 2 })

/** Three records in each of two partitions: a0 a1 a2 and b0 b1 b2. */
const world = async (): Promise<DrivenMillrace> => {
  const driven = await DrivenMillrace.open()
  await driven.while(driven.millrace.create(input, output, dead))
  const records = ['a0', 'a1', 'a2', 'b0', 'b1', 'b2'].map((value) => ({
    key: value,
    value,
    partition: value.startsWith('a') ? 0 : 1,
  }))
  await driven.while(driven.millrace.send(input, records))
  return driven
}

/** What there is in the output, sorted. */
const written = async (w: DrivenMillrace): Promise<string[]> => {
  const values: string[] = []
  const read = async () => {
    for await (const { value } of w.millrace.read(output, { until: 'latest' })) values.push(value)
  }
  await w.while(read())
  return values.sort()
}

/** The same operator on both paths: an untagged one behind it makes it a chain a record. */
const untagged: OperatorFunction<R, R> = map((r) => r)
const paths: readonly (readonly [string, readonly OperatorFunction<R, R>[]])[] = [
  ['the fast path', []],
  ['the slow path', [untagged]],
]

const run = async (
  w: DrivenMillrace,
  operators: readonly OperatorFunction<R, R>[],
  options: RunOptions<[typeof input]> = {},
): Promise<{ readonly running: Running; readonly notices: readonly Notice[] }> => {
  let pipeline = stream(input).pipe()
  for (const operator of operators) pipeline = pipeline.pipe(operator)
  const running = await w.while(w.millrace.run('copying', pipeline.pipe(to(output)), options))
  return { running, notices: noticesOf(running) }
}

describe.each(paths)('an operator that throws, on %s', (_path, more) => {
  const throwing = (times = Number.POSITIVE_INFINITY): OperatorFunction<R, R> =>
    mapValue((value) => {
      if (value === 'a1' && times-- > 0) throw new Error('a1 does not suit me')
      return value
    })

  it('halts its partition until it succeeds, says so each time, and lets the other partition go on', async () => {
    const w = await world()
    const { running, notices } = await run(w, [throwing(3), ...more])
    await w.until(() => notices.length === 2)
    expect(await written(w)).toEqual(['a0', 'b0', 'b1', 'b2'])
    await w.caughtUp(running)
    expect(await written(w)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
    expect(notices).toHaveLength(3)
    for (const [at, notice] of notices.entries()) {
      expect(notice).toMatchObject({ _tag: 'record-failed', recordId: 'in-0-1', policy: 'halt', failures: at + 1 })
      for (const words of ["pipeline 'copying'", "record 'in-0-1'", 'a1 does not suit me', 'runs again in'])
        expect(notice.message).toContain(words)
    }
    await w.while(running.stop())
  })

  it('has its record left out, or put aside with its bytes, as onError says', async () => {
    const policies: readonly [string, OnError<R>][] = [
      ['skip', 'skip'],
      ['deadLetter(in.dead)', deadLetter(dead)],
    ]
    for (const [policy, onError] of policies) {
      const w = await world()
      const { running, notices } = await run(w, [throwing(), ...more], { onError })
      await w.caughtUp(running)
      expect(await written(w)).toEqual(['a0', 'a2', 'b0', 'b1', 'b2'])
      expect(notices).toMatchObject([{ _tag: 'record-failed', recordId: 'in-0-1', policy }])
      const letters: unknown[] = []
      await w.while(
        (async () => {
          for await (const { value } of w.millrace.read(dead, { until: 'latest' }))
            letters.push([value.pipeline, value.source.offset, value.error.message])
        })(),
      )
      expect(letters).toEqual(policy === 'skip' ? [] : [['copying', 1, 'a1 does not suit me']])
      await w.while(running.stop())
    }
  })

  it('may throw what is no error, even what cannot be printed', async () => {
    for (const thrown of [
      undefined,
      null,
      'a word',
      Object.create(null),
      Symbol('s'),
      {
        toString: () => {
          throw new Error('!')
        },
      },
    ]) {
      const w = await world()
      const odd = mapValue<string, string, string>((value) => {
        if (value === 'a1') throw thrown
        return value
      })
      const { running, notices } = await run(w, [odd, ...more], { onError: deadLetter(dead) })
      await w.caughtUp(running)
      expect(await written(w)).toEqual(['a0', 'a2', 'b0', 'b1', 'b2'])
      expect(notices).toHaveLength(1)
      await w.while(running.stop())
    }
  })

  it('halts where onError throws too, or answers what is no policy, and says so', async () => {
    const bad: readonly [string, OnError<R>][] = [
      [
        'onError itself threw: Error: nor do I know',
        () => {
          throw new Error('nor do I know')
        },
      ],
      ['answered "burn"', (() => 'burn') as unknown as OnError<R>],
      ['answered a promise', (async () => 'skip') as unknown as OnError<R>],
      ["topic 'in.dead' is neither listed", () => deadLetter(dead)],
    ]
    for (const [words, onError] of bad) {
      const w = await world()
      const { running, notices } = await run(w, [throwing(2), ...more], { onError })
      await w.caughtUp(running)
      expect(await written(w)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
      for (const notice of notices) {
        expect(notice).toMatchObject({ _tag: 'record-failed' })
        expect(notice.message).toContain(words)
      }
      await w.while(running.stop())
    }
  })
})

describe('an operator that throws as it is built', () => {
  it('throws in pipe, and not at the first record', async () => {
    const broken: OperatorFunction<R, R> = () => {
      throw new Error('no such luck')
    }
    expect(() => stream(input).pipe(broken)).toThrow('no such luck')
  })

  it('fails each record by itself where only building it again throws', async () => {
    const w = await world()
    let built = 0
    const moody: OperatorFunction<R, R> = (source) => {
      if (++built > 2) throw new Error('not again')
      return source.pipe(map((r) => r))
    }
    const { running, notices } = await run(w, [moody], { onError: 'skip', outageAfter: Number.POSITIVE_INFINITY })
    await w.caughtUp(running)
    expect(await written(w)).toEqual([])
    expect(new Set(notices.map((notice) => ('recordId' in notice ? notice.recordId : notice.message))).size).toBe(6)
    await w.while(running.stop())
  })
})

describe('an operator that never completes', () => {
  const hanging: OperatorFunction<R, R> = mergeMap((r) => (r.value === 'a1' ? NEVER : of(r)))

  it('is named with its pipeline and record, fails past its time limit, and lets the other partition go on', async () => {
    const w = await world()
    const { running, notices } = await run(w, [hanging], { slowAfterMs: 10_000, timeLimitMs: 60_000, onError: 'skip' })
    await w.clock.advance(9_000)
    expect(notices).toEqual([])
    expect(await written(w)).toEqual(['a0', 'b0', 'b1', 'b2'])
    await w.clock.advance(2_000)
    expect(notices).toMatchObject([{ _tag: 'record-slow', recordId: 'in-0-1' }])
    for (const words of ["pipeline 'copying'", "record 'in-0-1'", 'must complete', '60000 ms'])
      expect(notices[0]?.message).toContain(words)
    await w.clock.advance(50_000)
    expect(notices[1]).toMatchObject({ _tag: 'record-failed', recordId: 'in-0-1', policy: 'skip' })
    expect((notices[1] as { error: unknown }).error).toBeInstanceOf(RecordTimedOut)
    for (const words of ["pipeline 'copying'", "record 'in-0-1'", 'within 60000 ms', 'AbortSignal', 'timeLimitMs'])
      expect(notices[1]?.message).toContain(words)
    await w.caughtUp(running)
    expect(await written(w)).toEqual(['a0', 'a2', 'b0', 'b1', 'b2'])
    await w.while(running.stop())
  })

  it('has its signal aborted, and what it does afterwards changes nothing', async () => {
    const w = await world()
    const signals: AbortSignal[] = []
    const ends: ((value: string) => void)[] = []
    const patient = mapAsync<string, string, string>((value, _record, signal) => {
      if (value !== 'a1') return Promise.resolve(value)
      signals.push(signal)
      return new Promise((resolve) => ends.push(resolve))
    })
    const { running } = await run(w, [patient], { timeLimitMs: 1_000, onError: 'skip' })
    await w.caughtUp(running)
    expect(signals).toHaveLength(1)
    expect(signals[0]?.aborted).toBe(true)
    ends[0]?.('much too late')
    await w.clock.advance(1_000)
    expect(await written(w)).toEqual(['a0', 'a2', 'b0', 'b1', 'b2'])
    await w.while(running.stop())
  })

  it('may even throw as it is torn down', async () => {
    const w = await world()
    const clinging: OperatorFunction<R, R> = mergeMap((r) =>
      r.value === 'a1'
        ? new Observable<R>(() => () => {
            throw new Error('I am not done')
          })
        : of(r),
    )
    const { running, notices } = await run(w, [clinging], { timeLimitMs: 1_000, onError: 'skip' })
    await w.caughtUp(running)
    expect(await written(w)).toEqual(['a0', 'a2', 'b0', 'b1', 'b2'])
    expect(notices.map(({ _tag }) => _tag)).toContain('record-failed')
    await w.while(running.stop())
  })

  it('is given up by stop() once its time is over: what it held is done again by the next run', async () => {
    const w = await world()
    let signal: AbortSignal | undefined
    const stuck = mapAsync<string, string, string>((value, _record, aborts) => {
      if (value !== 'a1') return Promise.resolve(value)
      signal = aborts
      return new Promise(() => undefined)
    })
    const { running } = await run(w, [stuck])
    await w.clock.advance(1_000)
    const begun = w.clock.elapsed()
    await w.while(running.stop({ timeoutMs: 2_000 }))
    await running.done
    expect(w.clock.elapsed() - begun).toBeGreaterThanOrEqual(2_000)
    expect(w.clock.elapsed() - begun).toBeLessThan(3_000)
    expect(signal?.aborted).toBe(true)
    expect(await written(w)).toEqual(['a0', 'b0', 'b1', 'b2'])
    const again = await run(w, [])
    await w.caughtUp(again.running)
    expect(await written(w)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
    await w.while(again.running.stop())
  })

  it('does not keep close() waiting for ever', async () => {
    const w = await world()
    const { running } = await run(w, [hanging])
    await w.clock.advance(1_000)
    await w.while(w.millrace.close())
    await running.done
  })
})

describe('an emission after its record has ended', () => {
  it('is refused, counted and told, and nothing of it is written', async () => {
    const w = await world()
    const kept: R[] = []
    const late: unknown[] = []
    // a subscription of its own, which nobody waits for
    const escaping: OperatorFunction<R, R> = tap((r) => {
      kept.push(r)
      of(r)
        .pipe(delay(0), to(output))
        .subscribe({ error: (error: unknown) => late.push(error) })
    })
    const { running, notices } = await run(w, [escaping])
    await w.caughtUp(running)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await w.clock.advance(1_000)
    expect(late).toHaveLength(6)
    for (const error of late) expect(error).toBeInstanceOf(LateEmission)
    expect(notices.map(({ _tag }) => _tag)).toEqual(Array.from({ length: 6 }, () => 'late-emission'))
    for (const words of ["pipeline 'copying'", "topic 'out'", "record 'in-", 'before its observable completes'])
      expect(notices[0]?.message).toContain(words)
    expect(await written(w)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
    await w.while(running.stop())
  })
})

describe('a record without a task', () => {
  const naked = ({ key, value }: R): R =>
    ({
      topic: 'in',
      partition: 0,
      offset: 0,
      id: 'made-up',
      timestamp: 0,
      headers: new Map(),
      key,
      value,
    }) as unknown as R
  const strange: readonly (readonly [string, OperatorFunction<R, R>])[] = [
    ['made by hand', map(naked)],
    ['made by hand, and tagged', recordwise(map(naked))],
    ['cloned', map((r) => structuredClone(r))],
  ]

  it.each(strange)('%s, ends the run: no catchError hides it', async (_how, operator) => {
    const w = await world()
    const hiding = await w.while(
      w.millrace.run(
        'copying',
        stream(input).pipe(
          operator,
          to(output),
          catchError(() => EMPTY),
        ),
        { onError: 'skip' },
      ),
    )
    const error: unknown = await w.while(
      hiding.done.then(
        () => undefined,
        (reason: unknown) => reason,
      ),
    )
    expect(error).toBeInstanceOf(UncarriedRecord)
    for (const words of ["topic 'out'", '{ ...record, value }']) expect((error as Error).message).toContain(words)
    expect(await written(w)).toEqual([])
    expect(await w.while(w.millrace.committed('copying'))).toEqual([])
    // the connection goes on
    const again = await run(w, [])
    await w.caughtUp(again.running)
    expect(await written(w)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
    await w.while(again.running.stop())
  })
})

describe('an operator that ends its stream early', () => {
  it('means each record by itself: take(1) and first() take one of each', async () => {
    const w = await world()
    const { running, notices } = await run(w, [take(1), first()])
    await w.caughtUp(running)
    expect(await written(w)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
    expect(notices).toEqual([])
    await w.while(running.stop())
  })

  it('is told so where it claims to work record by record, and loses nothing by it', async () => {
    const w = await world()
    const { running, notices } = await run(w, [recordwise(take(1))])
    await w.caughtUp(running)
    expect(await written(w)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
    expect(notices[0]).toMatchObject({ _tag: 'untagged' })
    for (const words of ["pipeline 'copying'", 'completes before its source', 'recordwise'])
      expect(notices[0]?.message).toContain(words)
    await w.while(running.stop())
  })

  it('fails the record where nothing may be left, as first() does behind a filter', async () => {
    const w = await world()
    const { running, notices } = await run(
      w,
      [filterValue((value) => value !== 'a1') as OperatorFunction<R, R>, first()],
      { onError: 'skip' },
    )
    await w.caughtUp(running)
    expect(notices).toMatchObject([{ _tag: 'record-failed', recordId: 'in-0-1' }])
    await w.while(running.stop())
  })
})

describe('bulk work', () => {
  it('that hangs is aborted past its time limit, and its records fail by themselves', async () => {
    const w = await world()
    const signals: AbortSignal[] = []
    const stuck = inBatches<string, string>((records, signal) => {
      if (!records.some(({ value }) => value === 'a1')) return
      signals.push(signal)
      return new Promise(() => undefined)
    })
    const { running, notices } = await run(w, [stuck], { timeLimitMs: 1_000, onError: 'skip' })
    await w.caughtUp(running)
    expect(await written(w)).toEqual(['a0', 'a2', 'b0', 'b1', 'b2'])
    expect(signals.every(({ aborted }) => aborted)).toBe(true)
    const failed = notices.filter(({ _tag }) => _tag === 'record-failed')
    expect(failed).toMatchObject([{ recordId: 'in-0-1' }])
    await w.while(running.stop())
  })

  it('that hangs is given up by stop()', async () => {
    const w = await world()
    const { running } = await run(w, [inBatches<string, string>(() => new Promise(() => undefined))])
    await w.clock.advance(1_000)
    await w.while(running.stop({ timeoutMs: 1_000 }))
    expect(await written(w)).toEqual([])
  })
})
