import * as fc from 'fast-check'
import { EMPTY, from, lastValueFrom, of, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { distinctByKey } from '../../operators/distinct-by-key.ts'
import { Probe } from '../../src/contracts/probe.ts'
import { UncarriedRecord, watchRefusals } from '../../src/contracts/refusal.ts'
import { task } from '../../src/contracts/stream-record.ts'
import { GatheringCarrier } from '../support/gathering-carrier.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { recordOf } from '../support/records.ts'

const daily = { within: '24h' } as const

describe('distinctByKey', () => {
  obeysOperatorLaws({
    make: (hook) =>
      distinctByKey((value) => {
        hook(value)
        return String(value)
      }, daily),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: [],
  })

  const arrival = fc.record({
    key: fc.constantFrom('a', 'b', ''),
    id: fc.constantFrom('', 'a', 'aa', 'b'),
    afterMs: fc.integer({ min: 0, max: 30 }),
  })

  it('lets an id of a key through where none was within the time, as a list of all that was let through says', () =>
    fc.assert(
      fc.asyncProperty(fc.array(arrival), async (arrivals) => {
        const state = new Map<string, Uint8Array>()
        let nowMs = 1_000
        const passed: { readonly key: string; readonly id: string; readonly atMs: number }[] = []
        const expected: string[] = []
        const records = arrivals.map(({ key, id, afterMs }, at) => {
          nowMs += afterMs
          const atMs = nowMs
          if (!passed.some((one) => one.key === key && one.id === id && atMs - one.atMs < 50)) {
            passed.push({ key, id, atMs })
            expected.push(`${at}`)
          }
          return { ...recordOf({ id, at }, { key }), [task]: new GatheringCarrier(state, atMs) }
        })
        const out = await lastValueFrom(
          from(records).pipe(
            distinctByKey(({ id }) => id, { within: '50ms' }),
            toArray(),
          ),
        )
        expect(out.map(({ value }) => `${value.at}`)).toEqual(expected)
      }),
    ))

  it('declares a store of its own before the first record', () => {
    const needs = (operator: ReturnType<typeof distinctByKey>) => Probe.apply(EMPTY, operator).needs
    expect(needs(distinctByKey(String, daily))).toMatchObject([{ _tag: 'store', store: { name: 'distinct' } }])
    expect(needs(distinctByKey(String, { ...daily, name: 'seen' }))).toMatchObject([{ store: { name: 'seen' } }])
  })

  it('refuses a record that has lost its task, and tells the runs that have its store', async () => {
    const operator = distinctByKey(String, daily)
    const reported: unknown[] = []
    const stop = watchRefusals(Probe.apply(EMPTY, operator).needs, (error) => reported.push(error))
    const lost = of({ ...recordOf(1), [task]: undefined }).pipe(operator)
    await expect(lastValueFrom(lost)).rejects.toThrow(UncarriedRecord)
    stop()
    expect(reported.length).toBe(1)
  })

  it('fails a record whose id is no text', async () => {
    const numbered = distinctByKey((value: number) => value as unknown as string, daily)
    await expect(lastValueFrom(of(recordOf(7)).pipe(numbered))).rejects.toThrow(
      "the function of distinctByKey answered 7 for record 'source-0-0': answer a text, String(number)",
    )
  })

  it('says while the pipeline is built what it cannot be made of', () => {
    expect(() => distinctByKey(String, { within: 'soon' as '1s' })).toThrow('within')
    expect(() => distinctByKey(String, { within: '0s' })).toThrow('at least a millisecond')
    expect(() => distinctByKey(String, { ...daily, name: 'a b' })).toThrow('a b')
    expect(() => distinctByKey('id' as unknown as () => string, daily)).toThrow('a function of the value')
  })
})
