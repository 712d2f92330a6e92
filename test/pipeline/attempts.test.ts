import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { to } from '../../operators/to.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { type Plan, planOf } from '../../src/pipeline/plan.ts'
import type { FailedAttempt, Verdict } from '../../src/pipeline/verdict.ts'
import {
  anyPieces,
  asyncOperatorsOf,
  inputs,
  ins,
  late,
  mixedAtOnce,
  mixedOperatorsOf,
  operatorsOf,
  taggedPieces,
  World,
} from './random-pipeline.ts'
import { reference } from './reference.ts'
import { type Committed, type Input, ManualClock, SimulatedTask } from './simulated-task.ts'

const texts = (value: string): Uint8Array => Buffer.from(value)

/** What fails for good is given up with a dead letter where its offset is even; what fails for now runs again. */
const judge = ({ reason, recordId, raw }: FailedAttempt): Verdict => {
  if (!(reason instanceof Error) || !reason.message.startsWith('no ')) return { _tag: 'again', afterMs: 5 }
  if (raw.offset % 2 === 1) return { _tag: 'done', outputs: [] }
  const sink = { topic: 'dead', recordBytesMax: 1e6 }
  return { _tag: 'done', outputs: [{ sink, key: null, value: texts(recordId), headers: new Map(), timestamp: 0 }] }
}

const instead = (id: string): readonly string[] => (Number(id.split('-').at(-1)) % 2 === 1 ? [] : [`dead -=${id}`])

const arrivals = (list: readonly { readonly in2: boolean; readonly key: string; readonly value: number }[]): Input[] =>
  list.map(({ in2, key, value }) => ({ topic: ins[in2 ? 1 : 0], key, value }))

const planned = (operators: Operators): Plan => planOf('p', { topics: ins, operators })

type Outcome = { readonly outputs: readonly string[]; readonly state: unknown }

/** Each topic is a log of its own: order is compared within one. */
const outcome = ({ outputs, state }: Outcome & Pick<Committed, 'state'>): Outcome => ({
  outputs: ['a', 'b', 'late', 'dead'].flatMap((topic) => outputs.filter((output) => output.startsWith(`${topic} `))),
  state: [...state].sort().map(([name, values]) => [name, [...values].sort().map(([key, value]) => [key, [...value]])]),
})

/** How a run is cut: feed so many records, commit, crash, let time pass, or only promises. */
const tape = fc.array(fc.constantFrom('feed 1', 'feed 3', 'feed 9', 'commit', 'crash', 'ring', 'settle'), {
  maxLength: 25,
})

const perform = async (task: SimulatedTask, acts: readonly string[]): Promise<Outcome> => {
  for (const act of acts) {
    if (act.startsWith('feed')) task.feed(Number(act.slice(5)), 2)
    else if (act === 'commit') task.commit()
    else if (act === 'crash') task.crash()
    else if (act === 'ring') task.clock.ring()
    else for (let turn = 0; turn < 3; turn++) await Promise.resolve()
  }
  return outcome(await task.finish())
}

const concurrencies = fc.constantFrom(1, 2, 4, 64)
/** Of what is gathered, in bytes; raised to what the largest record needs, which would fail otherwise. */
const bounds = fc.constantFrom(50, 300, 1e9)

describe('a task', () => {
  const anyRun = fc.record({
    pieces: anyPieces,
    list: inputs,
    concurrency: concurrencies,
    acts: tape,
    salt: fc.nat(7),
    bound: bounds,
  })

  it('gives what its records give one by one, however it is cut, whatever finishes first, wherever it crashes', () =>
    fc.assert(
      fc.asyncProperty(anyRun, async ({ pieces, list, concurrency, acts, salt, bound }) => {
        const input = arrivals(list)
        const expected = reference(() => [...operatorsOf(pieces, World.calm), to(late)], input, 0, instead)
        const clock = new ManualClock()
        const plan = planned(asyncOperatorsOf(pieces, clock, salt, new World()))
        const outputBytesMax = Math.max(bound, expected.mostBytes)
        const task = new SimulatedTask({ plan, task: 0, judge, input, concurrency, clock, outputBytesMax })
        expect(await perform(task, acts)).toEqual(outcome(expected))
      }),
      { numRuns: 1500 },
    ))

  it('gives the same where some records take their time and others none', () =>
    fc.assert(
      fc.asyncProperty(anyRun, async ({ pieces, list, concurrency, acts, salt, bound }) => {
        const input = arrivals(list)
        const expected = reference(() => mixedAtOnce(pieces, World.calm), input, 0, instead)
        const clock = new ManualClock()
        const plan = planned(mixedOperatorsOf(pieces, clock, salt, new World()))
        const outputBytesMax = Math.max(bound, expected.mostBytes)
        const task = new SimulatedTask({ plan, task: 0, judge, input, concurrency, clock, outputBytesMax })
        expect(await perform(task, acts)).toEqual(outcome(expected))
      }),
      { numRuns: 1000 },
    ))

  const taggedRun = fc.record({ pieces: taggedPieces, list: inputs, acts: tape, bound: bounds, isSlow: fc.boolean() })

  it('cannot tell the fast path from a chain a record', () =>
    fc.assert(
      fc.asyncProperty(taggedRun, async ({ pieces, list, acts, bound, isSlow }) => {
        const input = arrivals(list)
        const expected = reference(() => operatorsOf(pieces, World.calm), input, 0, instead)
        const clock = new ManualClock()
        const plan = planned(operatorsOf(pieces, new World(), clock))
        expect(plan.recordwise).toBe(true)
        const task = new SimulatedTask({
          plan: { ...plan, recordwise: !isSlow },
          task: 0,
          judge,
          input,
          concurrency: 1,
          clock,
          outputBytesMax: Math.max(bound, expected.mostBytes),
        })
        expect(await perform(task, acts)).toEqual(outcome(expected))
        expect(task.notices).toEqual([])
      }),
      { numRuns: 2000 },
    ))

  const splitRun = fc.record({
    pieces: taggedPieces,
    list: inputs,
    tasks: fc.integer({ min: 2, max: 3 }),
    concurrency: concurrencies,
    acts: tape,
  })

  it('gives each key the same however many tasks there are', () =>
    fc.assert(
      fc.asyncProperty(splitRun, async ({ pieces, list, tasks, concurrency, acts }) => {
        const steady = pieces.filter(([kind]) => kind !== 'fails') // asks for the offset, which is another one
        const byKey = async (count: number): Promise<Map<string, string[]>> => {
          const outputs = new Map<string, string[]>()
          for (let task = 0; task < count; task++) {
            const input = arrivals(list.filter(({ key }) => key.charCodeAt(0) % count === task))
            const plan = planned(operatorsOf(steady, new World()))
            const done = await perform(new SimulatedTask({ plan, task, judge, input, concurrency }), acts)
            for (const output of done.outputs) {
              const key = output.split('=')[0] as string
              outputs.set(key, [...(outputs.get(key) ?? []), output])
            }
          }
          return outputs
        }
        expect(await byKey(tasks)).toEqual(await byKey(1))
      }),
      { numRuns: 300 },
    ))
})
