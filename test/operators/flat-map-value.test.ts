import * as fc from 'fast-check'
import { from, lastValueFrom, of, take, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { flatMapValue } from '../../operators/flat-map-value.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf, recordOf } from '../support/records.ts'

describe('flatMapValue', () => {
  obeysOperatorLaws({
    make: (hook) =>
      flatMapValue((value) => {
        hook(value)
        return value % 2 === 1 ? [value] : Array.from({ length: value }, (_, at) => at)
      }),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: ['value'],
  })

  it('is Array.flatMap over the values', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.nat()), fc.func(fc.array(fc.anything())), async (records, project) => {
        const flat = await lastValueFrom(from(records).pipe(flatMapValue(project), toArray()))
        expect(flat).toEqual(
          records.flatMap((record) => project(record.value, record).map((value) => ({ ...record, value }))),
        )
      }),
    ))

  it('asks a generator for no more than is taken, and closes it', async () => {
    const seen: unknown[] = []
    function* naturals() {
      try {
        for (let at = 0; ; at++) {
          seen.push(at)
          yield at
        }
      } finally {
        seen.push('closed')
      }
    }
    const taken = await lastValueFrom(of(recordOf(0)).pipe(flatMapValue(naturals), take(2), toArray()))
    expect(taken.map((record) => record.value)).toEqual([0, 1])
    expect(seen).toEqual([0, 1, 'closed'])
  })

  it('fails with what the iterable throws, after what it gave before', () => {
    const seen: unknown[] = []
    function* breaking() {
      yield 'first'
      throw new Error('no more')
    }
    of(recordOf(0))
      .pipe(flatMapValue(breaking))
      .subscribe({ next: (record) => seen.push(record.value), error: (error: Error) => seen.push(error.message) })
    expect(seen).toEqual(['first', 'no more'])
  })
})
