import '../../../src/testing/vitest.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filterValue, mapAsync, mapValue, to } from '../../../operators/index.ts'
import { float64 } from '../../../src/codec/numbers.ts'
import { text } from '../../../src/codec/text.ts'
import { topic } from '../../../src/codec/topic.ts'
import type { Millrace } from '../../../src/millrace/millrace.ts'
import { stream } from '../../../src/pipeline/stream.ts'
import { deliverySemantics } from '../../../src/testing/delivery-semantics.ts'
import { historyRecorder } from '../../../src/testing/history/history-recorder.ts'
import { millraceMatchers } from '../../../src/testing/matchers/millrace-matchers.ts'
import { simulate } from '../../../src/testing/simulate.ts'
import { testPipeline } from '../../../src/testing/test-pipeline.ts'

const words = topic('words', { key: text, value: text, partitions: 2 })
const loud = topic('loud', { key: text, value: text, partitions: 2 })
const sizes = topic('sizes', { key: text, value: float64 })

const of = (...values: readonly string[]) => values.map((value) => ({ key: 'k', value }))
const failureOf = (work: () => void): string => {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing has failed')
}

const records = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), value: fc.constantFrom('x', 'y') }))
const shuffled = records.chain((some) =>
  fc
    .shuffledSubarray([...some.keys()], { minLength: some.length })
    .map((order) => ({ some, other: order.map((at) => some[at] as (typeof some)[number]) })),
)

describe('the matchers of records', () => {
  it('take a topic for exactly once, at least once, at most once and without loss, in any order', () =>
    fc.assert(
      fc.property(shuffled, ({ some, other }) => {
        expect(other).toBeExactlyOnce(loud, some)
        expect(other).toBeAtLeastOnce(loud, some)
        expect(other).toBeAtMostOnce(loud, some)
        expect(other).toHaveNoLoss(loud, some)
        expect(some).toBeOrdered(loud, some)
      }),
    ))

  it.each([
    // there, expected: exactly once, at least once, at most once, no loss, ordered
    [['x'], ['x', 'y'], [false, false, true, false, true]],
    [['x', 'x'], ['x'], [false, true, false, true, true]],
    [['x', 'z'], ['x'], [false, false, false, true, true]],
    [
      ['y', 'x'],
      ['x', 'y'],
      [true, true, true, true, false],
    ],
    [[], [], [true, true, true, true, true]],
  ])('of %j, where %j is expected, find what is so: %j', (there, expected, [exactly, least, most, all, ordered]) => {
    const [some, wanted] = [of(...there), of(...expected)]
    const holds = (work: () => void) => {
      try {
        work()
        return true
      } catch {
        return false
      }
    }
    expect(holds(() => expect(some).toBeExactlyOnce(loud, wanted))).toBe(exactly)
    expect(holds(() => expect(some).not.toBeExactlyOnce(loud, wanted))).toBe(!exactly)
    expect(holds(() => expect(some).toBeAtLeastOnce(loud, wanted))).toBe(least)
    expect(holds(() => expect(some).toBeAtMostOnce(loud, wanted))).toBe(most)
    expect(holds(() => expect(some).toHaveNoLoss(loud, wanted))).toBe(all)
    expect(holds(() => expect(some).toBeOrdered(loud, wanted))).toBe(ordered)
  })

  it('know whether a record came before its time, of a pipeline and of a cluster', async () => {
    const dueAfter = (ms: number) => (word: { readonly value: string }) => Number(word.value) + ms
    const minuteLater = stream(words).pipe(
      mapAsync(async () => {
        const began = Date.now()
        await new Promise((resolve) => setTimeout(resolve, 60_000))
        return `${began}`
      }),
      to(loud),
    )
    const test = await testPipeline(minuteLater, {
      input: { words: [...of('x'), { key: 'k', value: 'y', afterMs: 5_000 }] },
    })
    const read = await simulate(async (sim) => {
      await sim.create(words, loud)
      sim.start('app', (millrace) => millrace.run('later', minuteLater))
      await sim.send(words, of('x', 'y'))
      await sim.drained()
      return sim.records(loud)
    })
    for (const records of [test.records(loud), read]) {
      expect(records).toHaveLength(2)
      expect(records).toBeNeverEarly(loud, dueAfter(60_000))
      expect(records).not.toBeNeverEarly(loud, dueAfter(70_000))
      expect(failureOf(() => expect(records).toBeNeverEarly(loud, dueAfter(70_000)))).toMatch(
        /^neverEarly\('loud'\) does not hold: "k" → "\d+" \(loud-\d-0\) was due at \d+ and was there \d{4,5} ms before$/,
      )
    }
    const stamped = topic('stamped', { key: text, value: text, config: { 'message.timestamp.type': 'LogAppendTime' } })
    const early = [{ key: 'k', value: '7', timestamp: 6 }]
    expect(early).not.toBeNeverEarly(stamped, dueAfter(0))
    expect(early).toBeNeverEarly(stamped, dueAfter(-1))
    expect(failureOf(() => expect(early).toBeNeverEarly(loud, dueAfter(0)))).toContain('it is not known when')
  })

  it('say what the words of deliverySemantics say', () => {
    expect(failureOf(() => expect(of('x', 'x', 'z')).toBeExactlyOnce(loud, of('x', 'y')))).toBe(
      [
        "exactlyOnce('loud') does not hold:",
        '  repeated: "k" → "x" (there 2×, expected 1×)',
        '  lost: "k" → "y" (there 0×, expected 1×)',
        '  nobody expects: "k" → "z" (once)',
      ].join('\n'),
    )
    expect(failureOf(() => expect(of('y', 'x')).toBeOrdered(loud, of('x', 'y')))).toMatch(
      /^ordered\('loud'\) does not hold: "k" → "y" comes before "k" → "x"/,
    )
    expect(failureOf(() => expect(of('x')).not.toBeExactlyOnce(loud, of('x')))).toBe(
      "'loud' holds exactly what was expected, and that was not to be",
    )
  })

  it('judge what a pipeline has written', async () => {
    const shouting = stream(words).pipe(
      filterValue((word) => word !== ''),
      mapValue((word) => `${word}!`),
      to(loud),
    )
    const test = await testPipeline(shouting, { input: { words: of('a', '', 'b') } })
    expect(test.records(loud)).toBeExactlyOnce(loud, of('a!', 'b!'))
    expect(test.records(loud)).toBeOrdered(loud, of('a!', 'b!'))
  })

  it('are typed by the topic', () => {
    const wrong = () => {
      // @ts-expect-error the topic holds numbers
      expect([]).toBeExactlyOnce(sizes, of('x'))
      // @ts-expect-error and its keys are text
      expect([]).toBeOrdered(sizes, [{ key: 1, value: 1 }])
    }
    expect(wrong).toThrow(/float64|number/)
  })

  it.each([
    [
      () => expect(5).toBeExactlyOnce(loud, []),
      'expect(…).toBeExactlyOnce(…) takes records, and not 5: write expect(test.records(loud))',
    ],
    [
      () => expect([5]).toBeOrdered(loud, []),
      'expect(…).toBeOrdered(…) takes records, and not 5: write expect(test.records(loud))',
    ],
    [
      () => expect([]).not.toHaveNoLoss(loud, 5 as never),
      'expect(…).toHaveNoLoss(…) takes the records that are expected, and not 5: write toHaveNoLoss(loud, [{ key, value }])',
    ],
    [
      () => expect([]).toBeAtMostOnce('loud' as never, []),
      'expect(…).toBeAtMostOnce(…) takes a topic, and not "loud": declare it once, const loud = topic(\'loud\', { key, value }), and pass that',
    ],
  ])('refuse what they cannot judge', (work, message) => {
    expect(work).toThrow(new TypeError(message))
  })
})

describe('toHaveNoAnomalies', () => {
  const at = { topic: 'words', partition: 0 }
  const recorder = (polled: readonly (readonly [number, string])[]) => {
    const recorder = historyRecorder()
    recorder
      .began(
        'writer',
        {
          _tag: 'send',
          records: [
            { ...at, value: 'a' },
            { ...at, value: 'b' },
          ],
        },
        0,
      )
      .ended('ok', 1)
    recorder.began('reader', { _tag: 'assign', partitions: [{ ...at, offset: 0 }] }, 2).ended('ok', 2)
    const records = polled.map(([offset, value]) => ({ ...at, offset, value }))
    recorder.began('reader', { _tag: 'poll', records }, 3).ended('ok', 4)
    return recorder.history()
  }

  it('holds of a sound history, and tells the first of what is wrong with another', () => {
    expect(
      recorder([
        [0, 'a'],
        [1, 'b'],
      ]),
    ).toHaveNoAnomalies()
    expect(recorder([[0, 'a']])).toHaveNoAnomalies({ isReadToItsEnd: false })
    const failure = failureOf(() => expect(recorder([[1, 'b']])).toHaveNoAnomalies())
    expect(failure).toMatch(
      /^a history of 3 operations shows what must not be, 1 × unseen:\n {2}unseen \(a record was committed and nobody has read it by the end: lost, or late\): 'a', sent to words-0/,
    )
    expect(
      failureOf(() =>
        expect(
          recorder([
            [0, 'a'],
            [1, 'b'],
          ]),
        ).not.toHaveNoAnomalies(),
      ),
    ).toBe('a history of 3 operations shows no anomaly, and was to show one')
  })

  it('refuses what is no history', () => {
    expect(() => expect([]).toHaveNoAnomalies()).toThrow(
      /takes a history, and not an array of 0: write expect\(recorder/,
    )
  })
})

describe('toBreak', () => {
  const forgetful = (millrace: Millrace) => {
    const seen = new Set<string>()
    const isNew = (value: string) => !seen.has(value) && seen.add(value) !== undefined
    return millrace.run('distinct', stream(words).pipe(filterValue(isNew), to(loud)))
  }
  const found = () =>
    deliverySemantics({
      app: forgetful,
      topics: [words, loud],
      input: { words: fc.record({ key: fc.constant('k'), value: fc.constantFrom('x', 'y') }) },
      faults: ['process-crash'],
      instances: 1,
      seed: 1,
      shrink: false,
      expect: (e) => e.exactlyOnce(loud, ({ words }) => of(...new Set(words.map(({ value }) => value)))),
    })

  it('names the promise that a counterexample breaks', async () => {
    const error: unknown = await found().catch((error: unknown) => error)
    expect(error).toBreak('exactlyOnce')
    expect(error).toBreak('exactlyOnce', loud)
    expect(error).not.toBreak('exactlyOnce', words)
    expect(error).not.toBreak('ordered')
    expect(failureOf(() => expect(error).toBreak('ordered', loud))).toMatch(
      /^ordered\('loud'\) is not what is broken, but:\nexactlyOnce\('loud'\) does not hold/,
    )
    await expect(Promise.reject(error as Error)).rejects.toBreak('exactlyOnce', loud)
  })

  it('does not take another failure for one', () => {
    expect(failureOf(() => expect(new TypeError('no')).toBreak('ordered'))).toBe(
      'nothing was found that breaks ordered, but TypeError: no',
    )
    expect(() => expect(new TypeError('no')).toBreak(5 as never)).toThrow(/takes the name of a promise, and not 5/)
  })
})

describe('millraceMatchers', () => {
  it('need no test runner', () => {
    const { pass, message } = millraceMatchers.toBeExactlyOnce(of('x'), loud, of('y'))
    expect(pass).toBe(false)
    expect(message()).toContain('lost: "k" → "y"')
  })
})
