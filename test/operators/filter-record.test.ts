import * as fc from 'fast-check'
import { from, lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { filterRecord } from '../../operators/filter-record.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf } from '../support/records.ts'

describe('filterRecord', () => {
  obeysOperatorLaws({
    make: (hook) =>
      filterRecord((record) => {
        hook(record.value)
        return record.value % 2 === 1
      }),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: [],
  })

  it('is Array.filter, and passes on the very record', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.integer()), fc.func(fc.boolean()), async (records, test) => {
        const kept = await lastValueFrom(from(records).pipe(filterRecord(test), toArray()))
        const expected = records.filter((record) => test(record))
        expect(kept.length).toBe(expected.length)
        kept.forEach((record, at) => expect(record).toBe(expected[at]))
      }),
    ))
})
