import * as fc from 'fast-check'
import { from, lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { mapValue } from '../../operators/map-value.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf } from '../support/records.ts'

describe('mapValue', () => {
  obeysOperatorLaws({
    make: (hook) =>
      mapValue((value) => {
        hook(value)
        return value * 2
      }),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: ['value'],
  })

  it('is Array.map over the values, for every function and every record', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.anything()), fc.func(fc.anything()), async (records, project) => {
        const mapped = await lastValueFrom(from(records).pipe(mapValue(project), toArray()))
        expect(mapped).toEqual(records.map((record) => ({ ...record, value: project(record.value, record) })))
      }),
    ))

  it('hands over the value first, and then its record', async () => {
    const [record] = fc.sample(partitionOf(fc.string()), { numRuns: 20, seed: 1 }).flat()
    const given: unknown[] = []
    if (record !== undefined)
      from([record])
        .pipe(mapValue((...args) => given.push(args)))
        .subscribe()
    expect(given).toEqual([[record?.value, record]])
  })
})
