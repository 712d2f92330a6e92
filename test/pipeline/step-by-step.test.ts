import * as fc from 'fast-check'
import { map, NEVER, Observable, type OperatorFunction, type Subscriber } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { filterEach, mapEach, Probe, recordwise } from '../../src/contracts/probe.ts'
import type { AnyRecord } from '../../src/contracts/stream-record.ts'
import { chain, type Operators } from '../../src/pipeline/chain.ts'
import { planOf } from '../../src/pipeline/plan.ts'
import { StepByStep } from '../../src/pipeline/step-by-step.ts'

const operator = fc.oneof(
  fc.record({ _tag: fc.constant('add' as const), by: fc.integer({ min: -3, max: 3 }) }),
  fc.record({ _tag: fc.constant('keep below' as const), by: fc.nat(9) }),
  fc.record({ _tag: fc.constant('throw at' as const), by: fc.nat(9) }),
)

/** The operators, each noting in `seen` what came to it. */
const made = (all: readonly { readonly _tag: string; readonly by: number }[], seen: string[]): Operators =>
  all.map(({ _tag, by }, at): OperatorFunction<number, number> => {
    const note = (value: number): number => {
      seen.push(`${at}: ${value}`)
      if (_tag === 'throw at' && value === by) throw new Error(`at ${value}`)
      return value
    }
    return _tag === 'keep below'
      ? filterEach((value: number) => note(value) < by)
      : mapEach((value: number) => note(value) + (_tag === 'add' ? by : 0))
  })

interface Input {
  readonly next: (value: AnyRecord) => void
  readonly complete: () => void
  readonly closed: boolean
}

const observer = (seen: string[]) => ({
  next: () => undefined,
  error: (reason: unknown) => void seen.push(String(reason)),
  complete: () => void seen.push('complete'),
})

const subscribed = (operators: Operators, seen: string[]): Input => {
  let input: Subscriber<AnyRecord> | undefined
  const source = new Observable<AnyRecord>((subscriber) => void (input = subscriber))
  chain(operators, source).subscribe(observer(seen))
  return input as Subscriber<AnyRecord>
}

const stepped = (operators: Operators, seen: string[]): Input => {
  const { steps } = Probe.apply<AnyRecord, unknown>(NEVER, (source) => chain(operators, source))
  return new StepByStep(steps ?? [], observer(seen))
}

describe('operators step by step', () => {
  it('see, throw and complete as they do where they are subscribed to', () =>
    fc.assert(
      fc.property(fc.array(operator, { maxLength: 5 }), fc.array(fc.nat(9), { maxLength: 8 }), (all, values) => {
        const [one, other] = [subscribed, stepped].map((begin) => {
          const seen: string[] = []
          const input = begin(made(all, seen), seen)
          for (const value of values) if (!input.closed) input.next(value as unknown as AnyRecord)
          input.complete()
          seen.push(String(input.closed))
          return seen
        })
        expect(other).toEqual(one)
      }),
    ))

  it('are all there is, or are not taken', () => {
    const fast = recordwise(map((r: AnyRecord) => r))
    const plans = [[mapEach((r: AnyRecord) => r)], [mapEach((r: AnyRecord) => r), fast], [fast]]
    expect(plans.map((operators) => planOf('p', { topics: [], operators }))).toMatchObject([
      { recordwise: true, stepwise: true },
      { recordwise: true, stepwise: false },
      { recordwise: true, stepwise: false },
    ])
  })
})
