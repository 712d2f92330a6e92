import * as fc from 'fast-check'
import { from, lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { mapRecord } from '../../operators/map-record.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf } from '../support/records.ts'

describe('mapRecord', () => {
  obeysOperatorLaws({
    make: (hook) =>
      mapRecord((record) => {
        hook(record.value)
        return { ...record, key: record.key + record.value }
      }),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: ['key'],
  })

  it('passes on just what its callback answers', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.nat()), async (records) => {
        const made = records.map((record) => ({ ...record, value: record.offset }))
        const got = await lastValueFrom(
          from(records).pipe(
            mapRecord((r) => made[r.offset] ?? r),
            toArray(),
          ),
        )
        got.forEach((record, at) => expect(record).toBe(made[at]))
        expect(got.length).toBe(made.length)
      }),
    ))
})
