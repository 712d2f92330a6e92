import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stepJob } from '../../../src/protocol/delay/job.ts'
import { answersKept } from '../../../src/protocol/delay/job-state.ts'
import { hopBound } from '../../../src/protocol/delay/ladder.ts'
import { type Happening, JobWorld, rules, type Step } from './job-world.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const inMs = fc.oneof(
  fc.constantFrom(0, 1, 5_000, 30 * minute),
  fc.integer({ min: 0, max: 40 * minute }),
  fc.integer({ min: 0, max: 40 * day }),
)
const passing = fc.oneof(fc.constantFrom(1, 5_000, 30 * minute), inMs)

const happenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ _tag: fc.constant('schedule' as const), after: fc.constantFrom('5s', '30m') }),
    },
    { weight: 2, arbitrary: fc.record({ _tag: fc.constant('schedule-at' as const), inMs }) },
    {
      weight: 1,
      arbitrary: fc.record({
        _tag: fc.constant('schedule-late' as const),
        inMs,
        backMs: fc.integer({ min: -hour, max: 2 * hour }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ _tag: fc.constant('reschedule' as const), inMs, isStale: fc.boolean() }) },
    {
      weight: 3,
      arbitrary: fc.record({ _tag: fc.constant('cancel' as const), by: fc.constantFrom('record', 'caller') }),
    },
    { weight: 1, arbitrary: fc.record({ _tag: fc.constant('look' as const) }) },
    { weight: 2, arbitrary: fc.record({ _tag: fc.constant('repeat' as const), which: fc.nat(answersKept - 1) }) },
    { weight: 4, arbitrary: fc.record({ _tag: fc.constant('pass' as const), ms: passing }) },
    {
      weight: 1,
      arbitrary: fc.record({ _tag: fc.constant('set-clock' as const), byMs: fc.integer({ min: -hour, max: hour }) }),
    },
    { weight: 1, arbitrary: fc.record({ _tag: fc.constant('surface-early' as const), which: fc.nat(5) }) },
  ) as fc.Arbitrary<Happening>,
  { maxLength: 25 },
)

/** A world in which all that has happened, drained. */
const after = (step: Step, history: readonly Happening[]): JobWorld => {
  const world = new JobWorld(step)
  for (const what of history) world.happen(what)
  world.drain()
  return world
}

const laws: Readonly<Record<string, (step: Step, history: readonly Happening[]) => void>> = {
  'fires no job before it is due': (step, history) => {
    const { fires, scheduled } = after(step, history)
    for (const { gen, at } of fires) expect(at).toBeGreaterThanOrEqual(scheduled.get(gen)?.dueMs ?? 0)
  },
  'ends each scheduling in one way: fired, cancelled or superseded': (step, history) => {
    for (const { fates } of after(step, history).scheduled.values()) expect(fates.length).toBe(1)
  },
  'fires each scheduling once at most, and what was cancelled never': (step, history) => {
    for (const { fates } of after(step, history).scheduled.values())
      expect(fates.filter((fate) => fate === 'fired').length).toBeLessThanOrEqual(fates.includes('cancelled') ? 0 : 1)
  },
  'answers what is so, and the same command the same': (step, history) => void after(step, history),
  'lets a job wait at no more places than its ladder is high, where nobody is early and clocks are right': (
    step,
    history,
  ) => {
    const calm = history.filter(({ _tag }) => _tag !== 'set-clock' && _tag !== 'surface-early')
    for (const { hops, dueMs, at } of after(step, calm).scheduled.values())
      expect(hops).toBeLessThanOrEqual(hopBound(rules.ladder, dueMs - at))
  },
  'forgets an id in the end': (step, history) => {
    const world = after(step, history)
    world.now += rules.aheadMs + rules.keptMs
    world.happen({ _tag: 'look' })
    expect(world.state).toBeUndefined()
  },
  'does what a cancellation says that came first, for all that is no later': (step, history) => {
    const world = new JobWorld(step)
    for (const what of history) world.happen(what)
    world.drain()
    if (world.state?._tag === 'fired') return
    world.happen({ _tag: 'cancel', by: 'record' })
    world.happen({ _tag: 'pass', ms: 1_000 })
    world.happen({ _tag: 'schedule-late', inMs: 5_000, backMs: 2_000 })
    const before = world.fires.length
    world.drain()
    expect(world.fires.length).toBe(before)
    world.happen({ _tag: 'schedule-late', inMs: 5_000, backMs: -2_000 })
    world.drain()
    expect(world.fires.length).toBe(before + 1)
  },
}

const holds = (law: string, step: Step) =>
  fc.property(happenings, (history) => {
    laws[law]?.(step, history)
  })

/** Rules that are left out, and the law that each of them is for. */
const planted: readonly (readonly [string, string, Step])[] = [
  [
    'fires no job before it is due',
    'a clock that is a little ahead',
    (rules, state, event, now) => stepJob(rules, state, event, event._tag === 'surfaced' ? now + 50 : now),
  ],
  [
    'ends each scheduling in one way: fired, cancelled or superseded',
    'stale copies that count',
    (rules, state, event, now) =>
      stepJob(
        rules,
        state,
        event._tag === 'surfaced' && state?._tag === 'pending' ? { ...event, gen: state.gen } : event,
        now,
      ),
  ],
  [
    'ends each scheduling in one way: fired, cancelled or superseded',
    'records that are lost on the ladder',
    (rules, state, event, now) => {
      const [next, effects] = stepJob(rules, state, event, now)
      return [next, event._tag === 'surfaced' ? effects.filter(({ _tag }) => _tag !== 'route') : effects]
    },
  ],
  [
    'fires each scheduling once at most, and what was cancelled never',
    'a cancellation that is answered, and not kept',
    (rules, state, event, now) => {
      const [next, effects] = stepJob(rules, state, event, now)
      return [event._tag === 'cancel' && state?._tag === 'pending' ? state : next, effects]
    },
  ],
  [
    'answers what is so, and the same command the same',
    'answers that are not remembered',
    (rules, state, event, now) => {
      const [next, effects] = stepJob(rules, state, event, now)
      return [next === undefined ? undefined : { ...next, answered: [] }, effects]
    },
  ],
  [
    'answers what is so, and the same command the same',
    'a job that fires again within the day',
    (rules, state, event, now) =>
      stepJob({ ...rules, keptMs: 0 }, state?._tag === 'fired' ? undefined : state, event, now),
  ],
  [
    'lets a job wait at no more places than its ladder is high, where nobody is early and clocks are right',
    'a ladder of one rung',
    (rules, state, event, now) =>
      stepJob({ ...rules, ladder: { ...rules.ladder, rungsMs: [30 * minute] } }, state, event, now),
  ],
  [
    'forgets an id in the end',
    'what has fired is known for ever',
    (rules, state, event, now) => stepJob({ ...rules, keptMs: Number.POSITIVE_INFINITY }, state, event, now),
  ],
  [
    'does what a cancellation says that came first, for all that is no later',
    'a cancellation of what is unknown is dropped',
    (rules, state, event, now) => stepJob({ ...rules, aheadMs: 0 }, state, event, now),
  ],
]

describe('one id', () => {
  it.each(Object.keys(laws))('%s', (law) => fc.assert(holds(law, stepJob), { numRuns: 300 }))

  it.each(planted)('would not hold that it %s, with %s', (law, _, step) => {
    expect(fc.check(holds(law, step), { numRuns: 2_000, seed: 1 }).failed).toBe(true)
  })

  it('trusts the order of one partition, and of two their times', () => {
    const cancelled = stepJob(rules, undefined, { _tag: 'cancel', source: at('a', 5, 100) }, 0)[0]
    const schedule = (source: ReturnType<typeof at>) =>
      stepJob(rules, cancelled, { _tag: 'schedule', gen: 1, dueMs: 10, source }, 1)[0]?._tag
    expect(schedule(at('a', 4, 900))).toBe('ahead')
    expect(schedule(at('a', 6, 1))).toBe('pending')
    expect(schedule(at('b', 9, 100))).toBe('ahead')
    expect(schedule(at('b', 1, 101))).toBe('pending')

    function at(topic: string, offset: number, timestamp: number) {
      return { topic, partition: 0, offset, timestamp }
    }
  })
})
