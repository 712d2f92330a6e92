import * as fc from 'fast-check'
import * as t from 'io-ts'
import { EMPTY, from, lastValueFrom, map, of, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { store } from '../../src/codec/store.ts'
import { EncodeError } from '../../src/contracts/codec.ts'
import { Probe } from '../../src/contracts/probe.ts'
import { UncarriedRecord, watchRefusals } from '../../src/contracts/refusal.ts'
import { type StreamRecord, task } from '../../src/contracts/stream-record.ts'
import { GatheringCarrier } from '../support/gathering-carrier.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf, recordOf } from '../support/records.ts'

const sums = store('sums', { key: t.string, value: t.number })
const lists = store('lists', { key: t.string, value: t.array(t.number) })

/** The records as attempts of one task: each sees what the ones before it have written. */
const ofOneTask = <V>(records: readonly StreamRecord<string, V>[]): readonly StreamRecord<string, V>[] => {
  const state = new Map<string, Uint8Array>()
  return records.map((record) => ({ ...record, [task]: new GatheringCarrier(state) }))
}

describe('scanByKey', () => {
  obeysOperatorLaws({
    make: (hook) =>
      scanByKey(sums, 0, (sum, value) => {
        hook(value)
        return sum + value
      }),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: ['value'],
  })

  it('folds the values of each key as Array.reduce does, and answers each step', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.integer()), async (records) => {
        const got = await lastValueFrom(
          from(ofOneTask(records)).pipe(
            scanByKey(sums, 5, (a, b) => a + b),
            toArray(),
          ),
        )
        const expected = records.map((record, at) =>
          records
            .slice(0, at + 1)
            .filter((other) => other.key === record.key)
            .reduce((sum, other) => sum + other.value, 5),
        )
        expect(got.map((record) => record.value)).toEqual(expected)
      }),
    ))

  it('begins anew for each key, though a fold changes the seed in place', async () => {
    const seed: number[] = []
    const pushing = scanByKey(lists, seed, (list, value: number) => {
      list.push(value)
      return list
    })
    const records = ofOneTask(['a', 'b', 'a'].map((key, value) => recordOf(value, { key })))
    const got = await lastValueFrom(
      from(records).pipe(
        pushing,
        map((record) => [...record.value]),
        toArray(),
      ),
    )
    expect(got).toEqual([[0], [1], [0, 2]])
    expect(seed).toEqual([])
  })

  it('declares its store before the first record', () => {
    expect(
      Probe.apply(
        EMPTY,
        scanByKey(sums, 0, (a) => a),
      ).needs,
    ).toEqual([{ _tag: 'store', store: sums }])
  })

  it('refuses a record that has lost its task, and tells the runs that have the store', async () => {
    const reported: unknown[] = []
    const stop = watchRefusals([{ _tag: 'store', store: sums }], (error) => reported.push(error))
    const lost = of({ ...recordOf(1), [task]: undefined }).pipe(scanByKey(sums, 0, (a) => a))
    await expect(lastValueFrom(lost)).rejects.toThrow(UncarriedRecord)
    stop()
    expect(reported.length).toBe(1)
  })

  it('says while the pipeline is built that its seed cannot be written', () => {
    expect(() => scanByKey(sums, Number.NaN, (a) => a)).toThrow(EncodeError)
  })

  it('fails the record where the codec cannot write what the fold answers', async () => {
    await expect(lastValueFrom(of(recordOf(1)).pipe(scanByKey(sums, 0, () => Number.NaN)))).rejects.toThrow(EncodeError)
  })
})
