import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { concatMap, Observable, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { mapValue } from '../../operators/map-value.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { nullable } from '../../src/codec/nullable.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { deadLetter, deadLetterKey } from '../../src/pipeline/dead-letter-policy.ts'
import {
  type Exhausted,
  type RetryLaterOptions,
  type RetryLaterPolicy,
  retryLater,
} from '../../src/pipeline/retry-later.ts'
import { type RetryMutant, withoutRule } from '../../src/pipeline/retry-mutant.ts'
import { retryNeeds } from '../../src/pipeline/retry-topics.ts'
import { comesBack, dead, failing, input, letters, out, outputsOf, redriven, sent } from './failing-records.ts'
import { RetryWorld, type Sent } from './simulated-retries.ts'
import { ManualClock } from './simulated-task.ts'

type R = StreamRecord<string | null, number>

const sums = store('sums', { key: nullable(text), value: int32 })

class Refused extends Error {
  override readonly name = 'Refused'
}

/** What one record is to meet. */
interface Fate {
  readonly key: string | null
  /** How many attempts at it fail. */
  readonly failures: number
  readonly isRefused: boolean
  readonly takesMs: number
}

const fate: fc.Arbitrary<Fate> = fc.record({
  key: fc.constantFrom<string | null>('k', 'k', 'l', 'm', 'n', null),
  failures: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 5 }) },
  ),
  isRefused: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  takesMs: fc.oneof(
    { weight: 2, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) },
  ),
})

const waits = { '10ms': 10, '30ms': 30, '100ms': 100 } as const
type Wait = keyof typeof waits

interface Run {
  readonly fates: readonly Fate[]
  readonly ordered: boolean
  readonly tiers: readonly Wait[]
  readonly exhausted: keyof typeof exhausteds
  readonly concurrency: number
  readonly isSlow: boolean
  readonly jitter: number
  readonly maxParkedPerKey: number
  /** What happens at each turn. */
  readonly tape: readonly ('feed' | 'commit' | 'crash' | 'crash-in-commit' | 'stray' | 'nothing')[]
}

const exhausteds = { halt: 'halt', letter: deadLetter(dead), key: deadLetterKey(dead) } as const satisfies Record<
  string,
  Exhausted
>

const run: fc.Arbitrary<Run> = fc
  .record({
    fates: fc.array(fate, { minLength: 1, maxLength: 14 }),
    ordered: fc.boolean(),
    tiers: fc.array(fc.constantFrom<Wait>('10ms', '30ms', '100ms'), { minLength: 1, maxLength: 3 }),
    exhausted: fc.constantFrom('halt', 'letter', 'key'),
    concurrency: fc.integer({ min: 1, max: 4 }),
    isSlow: fc.boolean(),
    jitter: fc.constantFrom(0, 0.1, 1),
    maxParkedPerKey: fc.constantFrom(1, 2, 1_000, 1_000),
    tape: fc.array(fc.constantFrom('feed', 'commit', 'commit', 'crash', 'crash-in-commit', 'stray', 'nothing'), {
      maxLength: 40,
    }),
  })
  .map((one) => ({
    ...one,
    exhausted: !one.ordered && one.exhausted === 'key' ? 'letter' : one.exhausted,
  })) as fc.Arbitrary<Run>

const sentOf = (fates: readonly Fate[]): readonly Sent[] =>
  fates.map(({ key }, at) => ({ key, value: at, headers: new Map([['own', Uint8Array.of(at)]]) }))

/** What was seen of the attempts at the records, over all lives of the task. */
class Attempts {
  readonly #fates: readonly Fate[]
  readonly #clock: ManualClock
  readonly failed: number[]
  /** Of this life: by key, the last that began. */
  readonly #last = new Map<string | null, number>()
  readonly #failedAtMs = new Map<number, number>()
  readonly began: number[] = []
  readonly #ordered: boolean

  constructor(fates: readonly Fate[], clock: ManualClock, ordered: boolean) {
    this.#fates = fates
    this.#clock = clock
    this.#ordered = ordered
    this.failed = fates.map(() => 0)
  }

  /** The task began anew: what it had seen and not committed comes again. */
  newLife(): void {
    this.#last.clear()
    this.#failedAtMs.clear()
  }

  begin(r: R): void {
    const { offset } = r
    expect(r).toMatchObject({
      topic: 'in',
      partition: 0,
      id: `in-0-${offset}`,
      timestamp: 1_000 + offset,
      value: offset,
    })
    expect([...r.headers]).toEqual([['own', Uint8Array.of(offset)]])
    const last = this.#last.get(r.key)
    if (this.#ordered && last !== undefined) expect(offset).toBeGreaterThanOrEqual(last)
    this.#last.set(r.key, offset)
    this.began.push(offset)
  }

  /** Throws where the attempt is to fail. */
  end(r: R, earliestAfter: (failures: number) => number): void {
    const { offset } = r
    const { failures, isRefused } = this.#fates[offset] as Fate
    const before = this.#failedAtMs.get(offset)
    if (before !== undefined)
      expect(this.#clock.elapsed()).toBeGreaterThanOrEqual(before + earliestAfter(this.failed[offset] as number))
    if ((this.failed[offset] as number) >= failures) return
    this.failed[offset] = (this.failed[offset] as number) + 1
    this.#failedAtMs.set(offset, this.#clock.elapsed())
    throw isRefused ? new Refused(`no ${offset}`) : new Error(`busy ${offset}`)
  }
}

const operatorsOf = (
  attempts: Attempts,
  clock: ManualClock,
  { fates, isSlow }: Run,
  earliest: (n: number) => number,
): Operators => {
  const work = (r: R): Observable<R> => {
    const takesMs = fates[r.offset]?.takesMs ?? 0
    attempts.begin(r)
    if (takesMs === 0) {
      attempts.end(r, earliest)
      return of(r)
    }
    return new Observable<R>((subscriber) =>
      clock.after(takesMs, () => {
        try {
          attempts.end(r, earliest)
          subscriber.next(r)
          subscriber.complete()
        } catch (error) {
          subscriber.error(error)
        }
      }),
    )
  }
  const atOnce = mapValue<string | null, number, number>((value, r) => {
    attempts.begin(r)
    attempts.end(r, earliest)
    return value
  })
  // what a failed attempt has written and kept is to be gone
  const sum = scanByKey(sums, 0, (total: number, value: number) => total + value + 1)
  const kept = fates.some(({ key }) => key === null) ? [] : [sum, mapValue((_total: number, r: R) => r.offset)]
  const before = [...kept, to(out)]
  return (isSlow ? [concatMap(work), ...before] : [...before, atOnce]) as unknown as Operators
}

/** What was decided, in the order in which it was committed: the offsets of outputs and of letters. */
const decided = (world: RetryWorld): readonly { readonly offset: number; readonly isLetter: boolean }[] =>
  world.written.map(({ topic: name, value }) => {
    const read = name === 'out' ? out.value.decode(value) : dead.value.decode(value)
    if (E.isLeft(read)) throw new Error('unreadable')
    return typeof read.right === 'number'
      ? { offset: read.right, isLetter: false }
      : { offset: read.right.source.offset, isLetter: true }
  })

const policyOf = (rule: RetryMutant | undefined, one: Run): RetryLaterPolicy => {
  const { tiers, ordered, exhausted, jitter, maxParkedPerKey } = one
  const retryIf = (error: unknown): boolean => !(error instanceof Refused)
  const policy = retryLater({ tiers, ordered, exhausted: exhausteds[exhausted], jitter, maxParkedPerKey, retryIf })
  return rule === undefined ? policy : withoutRule(rule, policy)
}

const play = async (
  one: Run,
  rule?: RetryMutant,
): Promise<{ readonly world: RetryWorld; readonly attempts: Attempts }> => {
  const clock = new ManualClock()
  const attempts = new Attempts(one.fates, clock, one.ordered)
  // under a bound that is reached, and halt, it runs again where it is; a refused one goes at once
  const earliest = (failures: number): number => {
    const tier = one.tiers[failures - 1]
    return tier === undefined || one.maxParkedPerKey < 1_000 ? 0 : waits[tier]
  }
  const hasRefused = one.fates.some(({ isRefused }) => isRefused)
  const world = new RetryWorld({
    clock,
    input: sentOf(one.fates),
    pipeline: { topics: [input], operators: operatorsOf(attempts, clock, one, hasRefused ? () => 0 : earliest) },
    onError: policyOf(rule, one),
    concurrency: one.concurrency,
    began: () => attempts.newLife(),
  })
  const tape = [...one.tape]
  await world.finish(() => {
    const next = tape.shift()
    if (next === 'feed') world.feed(2)
    if (next === 'commit') world.commit()
    if (next === 'stray') world.stray()
    if (next === 'crash' || next === 'crash-in-commit') world.crash(next === 'crash-in-commit')
  })
  return { world, attempts }
}

const isKept = (rule?: RetryMutant) =>
  fc.asyncProperty(run, async (one) => {
    const { world } = await play(one, rule)
    const outcome = decided(world)
    expect(outcome.map(({ offset }) => offset).sort((a, b) => a - b)).toEqual(one.fates.map((_, at) => at))
    const isCrashed = one.tape.some((step) => step.startsWith('crash'))
    if (!isCrashed)
      for (const { offset, isLetter } of outcome) {
        const { failures, isRefused } = one.fates[offset] as Fate
        const isPoison = isRefused ? failures > 0 : failures > one.tiers.length
        const isGivenUp = isPoison && one.exhausted !== 'halt'
        const goesWithKey =
          one.exhausted === 'key' &&
          outcome.some((other) => other.isLetter && other.offset < offset && sameKey(one, other.offset, offset))
        expect(isLetter).toBe(isGivenUp || goesWithKey)
      }
    if (one.ordered)
      for (const key of new Set(one.fates.map((each) => each.key))) {
        const ofKey = outcome.filter(({ offset }) => one.fates[offset]?.key === key).map(({ offset }) => offset)
        expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b))
      }
    const closedKeys = new Set(one.exhausted === 'key' ? letters(world).map(({ record }) => record.key) : [])
    expect(world.parkedEntries).toBe(closedKeys.size)
    expect(world.parked).toMatchObject({ records: 0, keys: 0 })
    if (!isCrashed) expect(world.counters.parked).toBe(world.counters.drained)
    const kept = new Map<string | null, number>()
    for (const { offset, isLetter } of outcome) {
      const key = one.fates[offset]?.key ?? null
      if (!isLetter && key !== null) kept.set(key, (kept.get(key) ?? 0) + offset + 1)
    }
    if (one.fates.every(({ key }) => key !== null)) for (const [key, sum] of kept) expect(sumOf(world, key)).toBe(sum)
  })

describe('retryLater', () => {
  it('decides about each record once, whatever fails and crashes, and keeps the order of keys where it is asked to', () =>
    fc.assert(isKept(), { numRuns: 200 }))

  it.each<RetryMutant>(['retry-before-order', 'parked-apart'])('is seen to fail on %s', async (rule) => {
    const { failed } = await fc.check(isKept(rule), { numRuns: 4_000, seed: 5, endOnFailure: true })
    expect(failed).toBe(true)
  })
})

describe('a parked key', () => {
  const inOrder = (options: Partial<RetryLaterOptions> = {}): RetryLaterPolicy =>
    retryLater({ tiers: ['10ms', '100ms'], ordered: true, exhausted: 'halt', jitter: 0, ...options })

  it('holds its later records back, and no other key', async () => {
    const tried: number[] = []
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 2 }, tried) },
      input: sent('k', 'l', 'k', 'm', 'k'),
      onError: inOrder(),
    })
    await world.settle()
    expect([tried, outputsOf(world)]).toEqual([
      [0, 1, 3],
      [1, 3],
    ])
    expect(world.counters).toMatchObject({ putOff: 1, parked: 3, drained: 0 })
    await world.finish()
    expect(outputsOf(world)).toEqual([1, 3, 0, 2, 4])
    expect(tried).toEqual([0, 1, 3, 0, 0, 2, 4])
    expect(world.counters).toMatchObject({ putOff: 2, parked: 3, drained: 3 })
    expect(world.parkedEntries).toBe(0)
  })

  /** What is tried where a token that has had its turn comes once more, while the key waits for another. */
  const triedWithStrays = async (
    policy: RetryLaterPolicy,
  ): Promise<{ world: RetryWorld; tried: readonly number[] }> => {
    const tried: number[] = []
    const pipeline = { topics: [input], operators: failing({ 0: 2 }, tried) }
    const world = new RetryWorld({ pipeline, input: sent('k', 'k'), onError: policy })
    await world.settle()
    while (tried.length < 2) {
      world.clock.after(10, () => undefined)
      world.clock.ring()
      await world.settle()
    }
    for (let strays = 0; strays < 3; strays++) world.stray()
    await world.settle()
    return { world, tried }
  }

  it('goes by its live token alone', async () => {
    const { world, tried } = await triedWithStrays(inOrder())
    expect(tried).toEqual([0, 0]) // the next is due in 100 ms
    await world.finish()
    world.stray() // of a key of which nothing waits
    await world.finish()
    expect(outputsOf(world)).toEqual([0, 1])
  })

  it('is seen to be early where it goes by any token', async () => {
    const { tried } = await triedWithStrays(withoutRule('token-unmatched', inOrder()))
    expect(tried.length).toBeGreaterThan(2)
  })

  it('is drained a bounded number of records at a time, the rest at once', async () => {
    const tried: number[] = []
    const keys = Array.from({ length: 251 }, () => 'k')
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 1 }, tried) },
      input: sent(...keys),
      onError: inOrder(),
    })
    await world.finish()
    expect(outputsOf(world)).toEqual(keys.map((_, at) => at))
    expect(world.tier('10ms').length).toBe(1)
    expect(world.tier('now').length).toBe(2)
    expect(world.parkedEntries).toBe(0)
  })

  it('holds the task up by name where as many wait as may, and lets it go on by itself', async () => {
    for (const bound of [{ maxParkedPerKey: 2 }, { maxParked: 3 }]) {
      const tried: number[] = []
      const world = new RetryWorld({
        pipeline: { topics: [input], operators: failing({ 0: 2 }, tried) },
        input: sent('k', 'k', 'k', 'l', 'k'),
        onError: inOrder(bound),
      })
      await world.settle()
      expect(outputsOf(world)).toEqual([])
      const [name] = Object.keys(bound)
      expect(world.notices.at(-1)).toMatchObject({ recordId: 'in-0-2', policy: 'halt' })
      expect(world.notices.at(-1)?.message).toContain(`(${name})`)
      await world.finish()
      expect(outputsOf(world).filter((value) => value !== 3)).toEqual([0, 1, 2, 4])
      expect(tried.filter((value) => value === 0).length).toBe(3)
      expect(world.parkedEntries).toBe(0)
    }
  })

  it('counts in the bound as long as it is given up', async () => {
    const tried: number[] = []
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 1, 1: 1, 2: 1 }, tried) },
      input: sent('a', 'b', 'c'),
      onError: inOrder({ exhausted: deadLetterKey(dead), retryIf: () => false, maxParked: 2 }),
    })
    await world.settle()
    expect(letters(world).map(({ source }) => source.offset)).toEqual([0, 1])
    expect(world.notices.at(-1)?.message).toContain('2 records and keys of its task do already (maxParked)')
    // what is held up has not been given up
    expect(world.counters.deadLettered).toBe(2)
    expect(world.notices.filter(({ message }) => message.includes('it goes to')).length).toBe(2)
    await world.finish() // which then succeeds
    expect(outputsOf(world)).toEqual([2])
    expect(world.parkedEntries).toBe(2)
  })

  it('is counted while it waits, over deaths of the task, and by how often its records were tried', async () => {
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 2, 1: 1 }, []) },
      input: sent('k', 'l', 'k', 'm', 'k'),
      onError: inOrder(),
    })
    await world.settle()
    const waiting = { records: 4, keys: 2, sinceMs: 1_000_000 }
    expect(world.parked).toMatchObject(waiting)
    expect(world.parkedNow).toEqual({ records: 4, keys: 2 })
    world.crash()
    expect(world.parked).toMatchObject(waiting)
    await world.finish()
    expect(world.parked).toMatchObject({ records: 0, keys: 0 })
    expect(world.parked.sinceMs).toBeUndefined()
    // of the third try the first record, of the second another
    expect(world.counters.attempts.slice(0, 4)).toEqual([0, 1, 1, 0])
    expect(world.cameBack.length).toBe(3)
    expect(world.cameBack.every((lateMs) => lateMs >= 0)).toBe(true)
  })

  it('is given up as a whole by deadLetterKey, later records too, until one is sent back', async () => {
    const tried: number[] = []
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 9 }, tried) },
      input: sent('k', 'k', 'l', 'k', 'k'),
      onError: inOrder({ exhausted: deadLetterKey(dead) }),
    })
    await world.finish()
    expect(outputsOf(world)).toEqual([2])
    expect(tried).toEqual([0, 2, 0, 0])
    expect(letters(world).map(({ source, attempts, error }) => [source.offset, attempts, error.name])).toEqual([
      [0, 3, 'Error'],
      [1, 0, 'KeyGivenUp'],
      [3, 0, 'KeyGivenUp'],
      [4, 0, 'KeyGivenUp'],
    ])
    expect(letters(world)[0]?.firstFailedAt).toBe(1_000_000)
    expect(world.counters.deadLetteredBy).toEqual({ Error: 1, KeyGivenUp: 3 })
    expect(world.parkedEntries).toBe(1)
    comesBack(world, { tier: 'now', key: 'k', offset: 1 })
    await world.finish()
    expect(outputsOf(world)).toEqual([2])
    comesBack(world, { tier: 'now', key: 'k', offset: 1, headers: redriven(1) })
    comesBack(world, { tier: 'now', key: 'k', offset: 3 })
    await world.finish()
    expect(outputsOf(world)).toEqual([2, 1, 3])
    expect(world.parkedEntries).toBe(0)
  })
})

describe('what was put off', () => {
  it('comes back where the pipeline has other tiers by now, or none, or keeps no order any more', () => {
    const needs = (policies: readonly RetryLaterPolicy[], existing: readonly string[]) =>
      retryNeeds({ name: 'p', topics: [input] }, policies, existing)
    const names = (policies: readonly RetryLaterPolicy[], existing: readonly string[]): string[] =>
      needs(policies, existing).tiers.map(({ topic: { name } }) => name)
    const policy = retryLater({ tiers: ['5s', '1m', '5s'], exhausted: 'halt' })
    expect(names([], [])).toEqual([])
    expect(names([policy], [])).toEqual(['p--retry-5s', 'p--retry-1m', 'p--retry-now'])
    expect(names([policy], ['p--retry-30m', 'q--retry-1h', 'pp--retry-1h'])).toContain('p--retry-30m')
    expect(names([], ['p--retry-30m'])).toEqual(['p--retry-30m', 'p--retry-now'])
    expect(needs([], []).parked).toBeUndefined()
    expect(needs([policy], ['q--parked-changelog']).parked).toBeUndefined()
    expect(needs([], ['p--parked-changelog']).parked?.name).toBe('parked')
    expect(names([], ['p--parked-changelog'])).toEqual(['p--retry-now'])
  })

  it('has room for its marks, however large it is', () => {
    const large = { ...input, config: { 'max.message.bytes': 5_000_000 } }
    const policy = retryLater({ tiers: ['5s'], ordered: true, exhausted: 'halt' })
    const { tiers, parked } = retryNeeds({ name: 'p', topics: [input, large] }, [policy], [])
    for (const config of [...tiers.map((tier) => tier.topic.config), parked?.changelog])
      expect(config?.['max.message.bytes']).toBeGreaterThan(5_000_000 + 10_000)
  })
})

describe('what is put off', () => {
  it('waits with its own headers and marks that are overwritten, and says why', async () => {
    const tried: number[] = []
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 2 }, tried) },
      input: [{ key: 'k', value: 0, headers: new Map([['own', Uint8Array.of(7)]]) }],
      onError: retryLater({ tiers: ['10ms', '100ms'], exhausted: 'halt', jitter: 0 }),
    })
    await world.finish()
    const shown = (tier: string): Record<string, string> =>
      Object.fromEntries(
        [...(world.tier(tier)[0]?.headers ?? [])].map(([name, value]) => [name, Buffer.from(value).toString()]),
      )
    const { 'millrace.retry.error': error, ...marks } = shown('100ms')
    expect(error).toMatch(/^Error: busy 0\n/)
    expect(marks).toEqual({
      own: '\u0007',
      'millrace.retry.attempt': '2',
      'millrace.retry.due': '1000110',
      'millrace.retry.first-failed': '1000000',
      'millrace.retry.topic': 'in',
      'millrace.retry.partition': '0',
      'millrace.retry.offset': '0',
      'millrace.retry.timestamp': '1000',
    })
    expect(Object.keys(shown('10ms')).length).toBe(Object.keys(shown('100ms')).length)
  })

  it('is given up where nobody can say what it was', async () => {
    const tried: number[] = []
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({}, tried) },
      input: [],
      onError: retryLater({ tiers: ['10ms'], exhausted: deadLetter(dead) }),
    })
    world.put('10ms', { timestamp: 0, key: null, value: null, headers: new Map() })
    await world.finish()
    expect(letters(world).map(({ error, attempts }) => [error.name, attempts])).toEqual([['UnknownOrigin', 0]])
    expect(tried).toEqual([])
  })

  it('is not put off where no other try helps: what cannot be read, and what retryIf refuses; what that throws halts', async () => {
    const tried: number[] = []
    let asked = 0
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 1: 1, 2: 1 }, tried) },
      input: [
        { key: 'a', value: new Uint8Array(3) },
        { key: 'b', value: 1 },
        { key: 'c', value: 2 },
      ],
      onError: retryLater({
        tiers: ['10ms'],
        exhausted: deadLetter(dead),
        retryIf: (_error, record) => {
          asked += 1
          if (record.key === 'c') throw new Error('undecided')
          return false
        },
      }),
    })
    await world.finish()
    expect(letters(world).map(({ source, attempts }) => [source.offset, attempts])).toEqual([
      [0, 1],
      [1, 1],
    ])
    expect([asked, outputsOf(world)]).toEqual([2, [2]])
    expect(world.notices.at(-1)).toMatchObject({ policy: 'halt, since retryIf itself threw: Error: undecided' })
  })

  it('is not in an outage: the task waits, and what had been put off does not use up its tries', async () => {
    const tried: number[] = []
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 1, 1: 1, 2: 5, 3: 0 }, tried) },
      input: ['a', 'b', 'c', 'd'].map((key, value) => ({ key, value })),
      onError: retryLater({ tiers: ['1h'], ordered: true, exhausted: deadLetter(dead) }),
      outageAfter: 3,
    })
    await world.settle()
    expect(tried).toEqual([0, 1, 2])
    expect(world.notices.map(({ _tag }) => _tag)).toEqual(['record-failed', 'record-failed', 'outage', 'record-failed'])
    await world.finish()
    expect(letters(world)).toEqual([])
    expect(tried).toEqual([0, 1, 2, 2, 2, 2, 2, 2, 3, 0, 1])
  })
})

const sameKey = ({ fates }: Run, a: number, b: number): boolean => fates[a]?.key === fates[b]?.key

const sumOf = (world: RetryWorld, key: string | null): number | undefined => {
  const bytes = world.state.get('sums')?.get(key ?? '')
  const read = bytes === undefined ? undefined : int32.decode(bytes)
  return read === undefined || E.isLeft(read) ? undefined : read.right
}
