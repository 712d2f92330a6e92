import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { from, lastValueFrom, of, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { attempt } from '../../operators/attempt.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf, recordOf } from '../support/records.ts'

const outcomeOf = async <W>(work: (value: number) => W): Promise<unknown> =>
  (await lastValueFrom(of(recordOf(1)).pipe(attempt(work)))).value

describe('attempt', () => {
  obeysOperatorLaws({
    make: (hook) =>
      attempt((value) => {
        hook(value)
        return value
      }),
    recordwise: false,
    synchronous: false,
    callback: false,
    changes: ['value'],
  })

  const ways = (outcome: E.Either<string, number>): readonly (() => unknown)[] => [
    () => outcome,
    () => Promise.resolve(outcome),
    () => TE.fromEither(outcome),
    () => Promise.resolve(TE.fromEither(outcome)),
  ]

  it('knows an Either from a value, in whichever way it is answered', async () => {
    for (const way of ways(E.right(7))) expect(await outcomeOf(way)).toEqual(E.right(7))
    for (const way of ways(E.left('no'))) expect(await outcomeOf(way)).toEqual(E.left({ _tag: 'Refused', error: 'no' }))
  })

  it('takes any other answer for success', () =>
    fc.assert(
      fc.asyncProperty(fc.anything({ withNullPrototype: true }), async (answer) => {
        fc.pre(typeof answer !== 'object' || answer === null || !('then' in answer || '_tag' in answer))
        expect(await outcomeOf(() => answer)).toEqual(E.right(answer))
        expect(await outcomeOf(() => Promise.resolve(answer))).toEqual(E.right(answer))
      }),
    ))

  it('makes a value of whatever is thrown, at once, later, or by a task', () =>
    fc.assert(
      fc.asyncProperty(fc.anything(), async (error) => {
        const throwing = (): never => {
          throw error
        }
        const thrown = E.left({ _tag: 'Thrown', error })
        expect(await outcomeOf(throwing)).toEqual(thrown)
        expect(await outcomeOf(async () => throwing())).toEqual(thrown)
        expect(await outcomeOf(() => async () => throwing())).toEqual(thrown)
      }),
    ))

  it('goes on after a failure, and keeps the order', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.nat(9)), async (records) => {
        const work = async (value: number): Promise<number> => {
          if (value > 4) throw value
          return value
        }
        const got = await lastValueFrom(from(records).pipe(attempt(work), toArray()))
        expect(got.map((record) => record.value)).toEqual(
          records.map(({ value }) => (value > 4 ? E.left({ _tag: 'Thrown', error: value }) : E.right(value))),
        )
      }),
      { numRuns: 30 },
    ))

  it('aborts what is let go of', () => {
    const signals: AbortSignal[] = []
    const never = (_value: number, _record: unknown, signal: AbortSignal): Promise<never> => {
      signals.push(signal)
      return new Promise(() => undefined)
    }
    of(recordOf(1)).pipe(attempt(never)).subscribe().unsubscribe()
    expect(signals.map((signal) => signal.aborted)).toEqual([true])
  })
})
