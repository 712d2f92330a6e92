import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapValue, to } from '../../../operators/index.ts'
import { float64 } from '../../../src/codec/numbers.ts'
import { text } from '../../../src/codec/text.ts'
import { topic } from '../../../src/codec/topic.ts'
import { stream } from '../../../src/pipeline/stream.ts'
import {
  arbitraryKeys,
  arbitraryRecord,
  arbitraryRecords,
  arbitrarySchedule,
} from '../../../src/testing/arbitraries/index.ts'
import { deliverySemantics } from '../../../src/testing/delivery-semantics.ts'

const words = topic('words', { key: text, value: text, partitions: 3 })
const loud = topic('loud', { key: text, value: text, partitions: 3 })
const sizes = topic('sizes', { key: text, value: float64 })

const drawn = <A>(arbitrary: fc.Arbitrary<A>, count = 2_000): readonly A[] =>
  fc.sample(arbitrary, { numRuns: count, seed: 1 })
const share = <A>(all: readonly A[], is: (a: A) => boolean) => all.filter(is).length / all.length

/** What a property that never holds is made of in the end. */
const smallest = <A>(arbitrary: fc.Arbitrary<A>, isBroken: (a: A) => boolean): A => {
  const { counterexample } = fc.check(
    fc.property(arbitrary, (a) => !isBroken(a)),
    { seed: 1, numRuns: 1_000 },
  )
  const [found] = counterexample ?? []
  if (found === undefined) throw new Error('nothing was found')
  return found
}

describe('arbitraryKeys', () => {
  const cold = fc.integer({ min: 100, max: 10_000 }).map((n) => `k${n}`)

  it('draws hot ones by rank, and cold ones for the rest', () => {
    const keys = drawn(arbitraryKeys({ hot: ['a', 'b', 'c'], cold }))
    expect(share(keys, (key) => ['a', 'b', 'c'].includes(key))).toBeCloseTo(0.8, 1)
    const [a, b, c] = ['a', 'b', 'c'].map((hot) => share(keys, (key) => key === hot)) as [number, number, number]
    expect(a / b).toBeGreaterThan(1.6)
    expect(a / b).toBeLessThan(2.5)
    expect(a / c).toBeGreaterThan(2.4)
  })

  it('are only hot, or only cold, where that is said', () => {
    expect(new Set(drawn(arbitraryKeys({ hot: ['a', 'b'] })))).toEqual(new Set(['a', 'b']))
    expect(share(drawn(arbitraryKeys({ hot: ['a'], cold, heat: 0 })), (key) => key === 'a')).toBe(0)
    expect(share(drawn(arbitraryKeys({ hot: ['a'], cold, heat: 1 })), (key) => key === 'a')).toBe(1)
  })

  it('shrinks to the first hot one', () => {
    expect(smallest(arbitraryKeys({ hot: ['a', 'b'], cold }), () => true)).toBe('a')
    expect(smallest(arbitraryKeys({ hot: ['a', 'b'], cold }), (key) => key !== 'a')).toBe('b')
  })

  it.each([
    [{ hot: [] }, /hot is a list of keys, one at least/],
    [{ hot: ['a'], heat: 2 }, /heat is a share of all, from 0 to 1, and not 2/],
    [{ hot: ['a'], cold: ['b'] }, /cold is an arbitrary of fast-check, and not an array of 1/],
    [{ hot: ['a'], warm: [] }, /warm/],
  ])('refuses %j by name', (options, message) => {
    expect(() => arbitraryKeys(options as never)).toThrow(message)
  })
})

describe('arbitrarySchedule', () => {
  it('has bursts, a pace and pauses, and nobody is late where nothing is said', () => {
    const moments = drawn(arbitrarySchedule())
    expect(share(moments, ({ afterMs }) => afterMs === 0)).toBeGreaterThan(0.25)
    expect(share(moments, ({ afterMs }) => afterMs > 0 && afterMs <= 200)).toBeGreaterThan(0.5)
    expect(share(moments, ({ afterMs }) => afterMs > 200)).toBeGreaterThan(0.02)
    expect(moments.every((moment) => moment.afterMs <= 60_000 && !('lateMs' in moment))).toBe(true)
  })

  it('lets some be late, as often and as much as told', () => {
    const moments = drawn(arbitrarySchedule({ late: 0.5, lateMs: 300 }))
    expect(share(moments, ({ lateMs }) => lateMs !== undefined)).toBeCloseTo(0.5, 1)
    expect(moments.every(({ lateMs = 1 }) => lateMs >= 1 && lateMs <= 300)).toBe(true)
  })

  it('keeps to what is said, at the ends too', () =>
    fc.assert(
      fc.property(
        fc.record({ everyMs: fc.integer({ min: 1, max: 1_000 }), pauseMs: fc.integer({ min: 1, max: 1_000 }) }),
        fc.record({
          bursts: fc.constantFrom(0, 0.5, 1),
          pauses: fc.constantFrom(0, 0.5, 1),
          late: fc.constantFrom(0, 1),
        }),
        ({ everyMs, pauseMs }, shares) => {
          for (const { afterMs, lateMs } of drawn(arbitrarySchedule({ everyMs, pauseMs, lateMs: 7, ...shares }), 20)) {
            expect(afterMs).toBeLessThanOrEqual(Math.max(2 * everyMs, pauseMs))
            expect(lateMs === undefined).toBe(shares.late === 0)
          }
        },
      ),
    ))

  it('shrinks to a record that comes at once, in time', () => {
    expect(smallest(arbitrarySchedule({ late: 0.5 }), () => true)).toEqual({ afterMs: 0 })
    expect(smallest(arbitrarySchedule({ late: 0.5 }), ({ lateMs }) => lateMs !== undefined)).toEqual({
      afterMs: 0,
      lateMs: 1,
    })
  })

  it.each([
    [{ bursts: -1 }, /bursts is a share/],
    [{ everyMs: 0 }, /everyMs is a whole number of at least 1/],
    [{ lateMs: 'x' }, /lateMs/],
    [{ often: 1 }, /often/],
  ])('refuses %j by name', (options, message) => {
    expect(() => arbitrarySchedule(options as never)).toThrow(message)
  })
})

describe('arbitraryRecord', () => {
  const [key, value] = [fc.constantFrom('a', 'b'), fc.constantFrom('x', 'y')]

  it('has what was asked for, and no more', () => {
    for (const record of drawn(arbitraryRecord(words, { key, value }), 50))
      expect(Object.keys(record).sort()).toEqual(['key', 'value'])
    const headers = fc.record({ trace: fc.string() })
    const full = arbitraryRecord(words, { key, value, headers, partition: 'any', schedule: arbitrarySchedule() })
    const records = drawn(full, 200)
    for (const record of records)
      expect(Object.keys(record).sort()).toEqual(['afterMs', 'headers', 'key', 'partition', 'value'])
    expect(new Set(records.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]))
  })

  it('is typed by its topic', () => {
    const wrong = () => {
      // @ts-expect-error the topic holds numbers
      arbitraryRecord(sizes, { key, value })
      // @ts-expect-error and its keys are text
      arbitraryRecords(sizes, { key: fc.nat(), value: fc.nat() })
    }
    expect(wrong).not.toThrow()
  })

  it('is what deliverySemantics takes', async () => {
    const input = arbitraryRecord(words, {
      key: arbitraryKeys({ hot: ['a', 'b'], cold: fc.string() }),
      value,
      partition: 'any',
      schedule: arbitrarySchedule({ late: 0.3 }),
    })
    const shout = (word: { readonly key: string; readonly value: string }) => ({
      key: word.key,
      value: `${word.value}!`,
    })
    const report = await deliverySemantics({
      app: (millrace) =>
        millrace.run(
          'shout',
          stream(words).pipe(
            mapValue((word) => `${word}!`),
            to(loud),
          ),
        ),
      topics: [words, loud],
      input: { words: input },
      runs: 5,
      seed: 1,
      expect: (e) => e.exactlyOnce(loud, ({ words }) => words.map(shout)),
    })
    expect(report.runs).toBe(5)
    // a pause is waited for
    expect(report.virtualMs).toBeGreaterThan(5_000)
  })

  it.each([
    [() => arbitraryRecord('words' as never, { key, value }), /arbitraryRecord\(…\) takes a topic, and not "words"/],
    [() => arbitraryRecord(words, { key: 'a', value } as never), /arbitraryRecord\('words', …\): key is an arbitrary/],
    [() => arbitraryRecord(words, { key, value, partition: 1 } as never), /partition is an arbitrary/],
    [() => arbitraryRecord(words, { key, value, when: 1 } as never), /when/],
    [
      () => arbitraryRecords(words, { key, value, minLength: 3, maxLength: 2 }),
      /maxLength is a whole number of at least 3/,
    ],
    [
      () => arbitraryRecords(words, { key, value, startMs: 0.5 }),
      /startMs is milliseconds since the epoch, and not 0.5/,
    ],
  ])('refuses by name what makes no sense', (make, message) => {
    expect(make).toThrow(message)
  })
})

describe('arbitraryRecords', () => {
  const parts = { key: fc.constantFrom('a', 'b'), value: fc.string(), schedule: arbitrarySchedule({ late: 0.3 }) }

  it('is as long as told', () =>
    fc.assert(
      fc.property(arbitraryRecords(words, { ...parts, minLength: 2, maxLength: 4 }), (records) => {
        expect(records.length).toBeGreaterThanOrEqual(2)
        expect(records.length).toBeLessThanOrEqual(4)
      }),
    ))

  it('has the timestamps that its schedule gives it, where it begins somewhere', () => {
    const startMs = 1_000_000
    const lists = drawn(arbitraryRecords(words, { ...parts, startMs, minLength: 5 }), 100)
    for (const records of lists) {
      let sentMs = startMs
      for (const [at, { afterMs = 0, timestamp = Number.NaN, ...record }] of records.entries()) {
        if (at > 0) sentMs += afterMs
        expect(timestamp).toBeLessThanOrEqual(sentMs)
        expect(timestamp).toBeGreaterThanOrEqual(sentMs - 10_000)
        expect(record).not.toHaveProperty('lateMs')
      }
    }
    const isOutOfOrder = (records: (typeof lists)[number]) =>
      records.some(({ timestamp = 0 }, at) => timestamp < (records[at - 1]?.timestamp ?? 0))
    expect(share(lists, isOutOfOrder)).toBeGreaterThan(0.5)
  })

  it('may be drawn as a whole by deliverySemantics: what belongs together keeps its order', async () => {
    const story = fc.nat({ max: 3 }).map((id) => [
      { key: `${id}`, value: 'created' },
      { key: `${id}`, value: 'paid', afterMs: 200 },
    ])
    await deliverySemantics({
      app: (millrace) => millrace.run('copy', stream(words).pipe(to(loud))),
      topics: [words, loud],
      input: { words: story },
      faults: 'calm',
      runs: 5,
      seed: 1,
      expect: (e) => [
        e.exactlyOnce(loud, ({ words }) => words),
        e.eventually(words, 'each key is created first', (records) => {
          const first = new Map(records.toReversed().map(({ key, value }) => [key, value]))
          return [...first.values()].every((value) => value === 'created')
        }),
      ],
    })
  })
})
