import * as fc from 'fast-check'
import type { AnyTopic } from '../../contracts/topic.ts'
import type { ChoiceTape } from '../../engines/simulated/world/choices.ts'
import type { AskedFaults } from '../faults.ts'
import type { Drawn } from '../input-record.ts'
import { arbitraryFaults } from './fault-arbitrary.ts'
import type { Plan, PlannedRecord } from './plan.ts'
import { type Draw, plannedRecords } from './planned-records.ts'

export interface PlanRange {
  readonly topics: readonly AnyTopic[]
  /** By topic: what may be sent to it. */
  readonly input: Readonly<Record<string, fc.Arbitrary<Drawn<unknown, unknown>> | undefined>>
  /** How many draws for each topic, at most. */
  readonly recordsMax: number
  readonly faults: AskedFaults
  /** How long input and faults go on, in virtual milliseconds. */
  readonly lengthMs: number
  /** On what, and with how many instances at most. */
  readonly on: Pick<Plan, 'cluster' | 'machine' | 'instances'>
}

/** A plan, and what was chosen in it once it has been run: shorter plans are made of that. */
export interface Case {
  readonly plan: Plan
  chosen?: ChoiceTape
}

/** Plans within `range`. What fast-check shrinks is the input, the faults, the instances and the choices that were made. */
export const arbitraryCase = (range: PlanRange): fc.Arbitrary<Case> => new CaseArbitrary(arbitraryPlan(range))

const arbitraryPlan = (range: PlanRange): fc.Arbitrary<Plan> =>
  fc.record({
    seed: fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 })),
    input: arbitraryInput(range),
    faults: arbitraryFaults(range.faults, range.lengthMs),
    instances: fc.integer({ min: 1, max: range.on.instances }),
    cluster: fc.constant(range.on.cluster),
    ...(range.on.machine === undefined ? {} : { machine: fc.constant(range.on.machine) }),
  })

const arbitraryInput = ({ topics, input, recordsMax, lengthMs }: PlanRange): fc.Arbitrary<readonly PlannedRecord[]> => {
  const afterMs = fc.nat({ max: Math.max(1, Math.floor((2 * lengthMs) / Math.max(1, recordsMax))) })
  const some = topics.flatMap((topic) => {
    const records = input[topic.name]
    if (records === undefined) return []
    return fc.tuple(records, afterMs).map(([drawn, after]): Draw => ({ topic, drawn, afterMs: after }))
  })
  if (some.length === 0) return fc.constant([])
  return fc.array(fc.oneof(...some), { maxLength: recordsMax * some.length, size: 'max' }).map(plannedRecords)
}

interface CaseContext {
  readonly plan: Plan
  readonly context: unknown
}

class CaseArbitrary extends fc.Arbitrary<Case> {
  readonly #plans: fc.Arbitrary<Plan>

  constructor(plans: fc.Arbitrary<Plan>) {
    super()
    this.#plans = plans
  }

  override generate(random: fc.Random, biasFactor: number | undefined): fc.Value<Case> {
    const { value, context } = this.#plans.generate(random, biasFactor)
    return new fc.Value<Case>({ plan: value }, { plan: value, context } satisfies CaseContext)
  }

  override canShrinkWithoutContext(_value: unknown): _value is Case {
    return false
  }

  /** First without any choice against it, then with fewer faults and less input, then choice by choice. */
  override shrink(value: Case, context: unknown): fc.Stream<fc.Value<Case>> {
    const { plan, context: inner } = context as CaseContext
    const chosen = value.chosen ?? value.plan.tape
    const withTape = (tape: ChoiceTape) => new fc.Value<Case>({ plan: { ...value.plan, tape } }, context)
    const tapes = chosen === undefined ? [] : [...shorterTapes(chosen)]
    const [quiet, ...others] = tapes.map(withTape)
    const plans = this.#plans.shrink(plan, inner).map((smaller) => {
      const next = chosen === undefined ? smaller.value : { ...smaller.value, tape: chosen }
      return new fc.Value<Case>({ plan: next }, { plan: smaller.value, context: smaller.context } satisfies CaseContext)
    })
    return fc
      .stream((quiet === undefined ? [] : [quiet])[Symbol.iterator]())
      .join(plans, fc.stream(others[Symbol.iterator]()))
  }
}

/** Tapes with less on them, the emptiest first. */
function* shorterTapes(tape: ChoiceTape): Generator<ChoiceTape> {
  const streams = Object.entries(tape) as [keyof ChoiceTape, readonly number[]][]
  if (streams.length === 0) return
  yield {}
  if (streams.length > 1) for (const [stream] of streams) yield without(tape, stream)
  for (const [stream, choices] of streams) {
    for (let length = choices.length >> 1; length > 0; length >>= 1)
      yield { ...tape, [stream]: trimmed(choices.slice(0, length)) }
    for (let size = choices.length >> 1; size > 0; size >>= 1)
      for (let from = 0; from < choices.length; from += size)
        if (choices.slice(from, from + size).some((choice) => choice !== 0))
          yield {
            ...tape,
            [stream]: trimmed(choices.map((choice, at) => (at >= from && at < from + size ? 0 : choice))),
          }
  }
}

const without = (tape: ChoiceTape, stream: keyof ChoiceTape): ChoiceTape =>
  Object.fromEntries(Object.entries(tape).filter(([name]) => name !== stream))

const trimmed = (choices: readonly number[]): readonly number[] =>
  choices.slice(0, choices.findLastIndex((choice) => choice !== 0) + 1)
