import * as fc from 'fast-check'
import { delay, from, lastValueFrom, map, mergeMap, Observable, of, Subject, take, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { branch } from '../../operators/branch.ts'
import { mapValue } from '../../operators/map-value.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { Probe } from '../../src/contracts/probe.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import { marbles } from '../support/marbles.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { outputsOf, partitionOf, recordOf } from '../support/records.ts'

const evens = topic('evens', { key: text, value: int32 })
const odds = topic('odds', { key: text, value: int32 })
type Numbers = Observable<StreamRecord<string, number>>
const parity = (record: StreamRecord<string, number>) => (record.value % 2 === 0 ? 'even' : 'odd')

describe('branch', () => {
  obeysOperatorLaws({
    make: (hook) =>
      branch(
        (record) => {
          hook(record.value)
          return record.value % 2 === 0 ? 'even' : 'odd'
        },
        { even: to(evens), odd: (s) => s.pipe(mapValue((value) => value * 10)) },
      ),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: ['value'],
  })

  it('puts each record through the arm that was chosen, in input order', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.nat(9)), async (records) => {
        const arms = {
          even: (s: Numbers) => s.pipe(to(evens)),
          odd: (s: Numbers) =>
            s.pipe(
              to(odds),
              map((record) => ({ ...record, value: -record.value })),
            ),
        }
        const out = await lastValueFrom(from(records).pipe(branch(parity, arms), toArray()))
        expect(out.map((record) => record.value)).toEqual(
          records.map(({ value }) => (value % 2 === 0 ? value : -value)),
        )
        for (const record of records)
          expect(outputsOf(record).map((output) => output.topic)).toEqual([record.value % 2 === 0 ? evens : odds])
      }),
    ))

  it('keeps the order of its input where an arm takes its time', () =>
    marbles(({ cold, expectObservable }) => {
      const slow = branch(parity, { even: (s: Numbers) => s.pipe(delay(5)), odd: (s: Numbers) => s })
      const values = { a: recordOf(2), b: recordOf(3) }
      expectObservable(cold('(ab|)', values).pipe(slow)).toBe('-----(ab|)', values)
    }))

  it('is a stream of one record in each arm, made anew', async () => {
    const out = from([recordOf(1), recordOf(3), recordOf(5)]).pipe(
      branch(() => 'first', { first: (s: Numbers) => s.pipe(take(1)) }),
      toArray(),
    )
    expect((await lastValueFrom(out)).map((record) => record.value)).toEqual([1, 3, 5])
  })

  it('shows what its arms need, and whether they work record by record, arms within arms too', () => {
    const inner = branch(parity, { even: to(evens), odd: to(odds) })
    const outer = branch((_: StreamRecord<string, number>) => 'in', {
      in: (s: Numbers) => s.pipe(inner),
      out: (s: Numbers) => s,
    })
    const { needs, recordwise } = Probe.apply(new Subject<StreamRecord<string, number>>(), outer)
    expect(needs.map((need) => need._tag === 'output' && need.topic)).toEqual([evens, odds])
    expect(recordwise).toBe(true)
  })

  it('does not work record by record where one arm does not', () => {
    const one = branch(parity, { even: to(evens), odd: (s: Numbers) => s.pipe(mergeMap((r) => of(r))) })
    expect(Probe.apply(new Subject<StreamRecord<string, number>>(), one).recordwise).toBe(false)
  })

  it('applies no arm but the chosen one, once a record', async () => {
    const applied: string[] = []
    const arm = (name: string) => (s: Numbers) => {
      applied.push(name)
      return s
    }
    await lastValueFrom(from([recordOf(1), recordOf(2)]).pipe(branch(parity, { even: arm('even'), odd: arm('odd') })))
    expect(applied).toEqual(['odd', 'even'])
  })

  it.each(['nowhere', 'toString', '__proto__'])(
    'fails a record that is sent down an arm that is not there: %s',
    async (name) => {
      const lost = of(recordOf(1)).pipe(branch(() => name as 'even', { even: to(evens), odd: to(odds) }))
      await expect(lastValueFrom(lost)).rejects.toThrow(
        `the function of branch answered "${name}" for record 'source-0-0': the arms are even, odd`,
      )
    },
  )

  it('says while the pipeline is built what is wrong with its arms', () => {
    expect(() => branch(() => 'a' as never, {})).toThrow(
      'branch(…) takes arms by name, and not an empty object: write branch(',
    )
    expect(() => branch(() => 'a' as const, { a: undefined as never })).toThrow(
      "branch(…) takes an operator as arm 'a', and not undefined: write a: to(topic)",
    )
  })
})
