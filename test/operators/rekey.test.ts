import * as fc from 'fast-check'
import { from, lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { rekey } from '../../operators/rekey.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf } from '../support/records.ts'

describe('rekey', () => {
  obeysOperatorLaws({
    make: (hook) =>
      rekey((record) => {
        hook(record.value)
        return `${record.key}-${record.value}`
      }),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: ['key'],
  })

  it('changes the key, to what its callback makes of the record, and nothing else', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.anything()), fc.func(fc.anything()), async (records, keyOf) => {
        const got = await lastValueFrom(from(records).pipe(rekey(keyOf), toArray()))
        expect(got).toEqual(records.map((record) => ({ ...record, key: keyOf(record) })))
      }),
    ))
})
