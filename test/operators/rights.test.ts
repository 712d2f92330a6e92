import * as fc from 'fast-check'
import * as A from 'fp-ts/lib/Array.js'
import * as E from 'fp-ts/lib/Either.js'
import { from, lastValueFrom, of, pipe, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { mapValue } from '../../operators/map-value.ts'
import { rights } from '../../operators/rights.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf, recordOf } from '../support/records.ts'

describe('rights', () => {
  obeysOperatorLaws({
    make: () =>
      pipe(
        mapValue((value) => (value % 2 === 1 ? E.right(value) : E.left(value))),
        rights(),
      ),
    recordwise: true,
    synchronous: true,
    callback: false,
    changes: ['value'],
  })

  it('keeps what fp-ts calls the rights, in order', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.oneof(fc.nat().map(E.right), fc.string().map(E.left))), async (records) => {
        const kept = await lastValueFrom(from(records).pipe(rights(), toArray()))
        expect(kept.map((record) => record.value)).toEqual(A.rights(records.map((record) => record.value)))
      }),
    ))

  it('knows a Right of undefined from a Left', async () => {
    const kept = await lastValueFrom(of(recordOf(E.right(undefined))).pipe(rights(), toArray()))
    expect(kept.length).toBe(1)
  })
})
