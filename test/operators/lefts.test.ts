import * as fc from 'fast-check'
import * as A from 'fp-ts/lib/Array.js'
import * as E from 'fp-ts/lib/Either.js'
import { from, lastValueFrom, pipe, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { lefts } from '../../operators/lefts.ts'
import { mapValue } from '../../operators/map-value.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf } from '../support/records.ts'

describe('lefts', () => {
  obeysOperatorLaws({
    make: () =>
      pipe(
        mapValue((value) => (value % 2 === 0 ? E.right(value) : E.left(value))),
        lefts(),
      ),
    recordwise: true,
    synchronous: true,
    callback: false,
    changes: ['value'],
  })

  it('keeps what fp-ts calls the lefts, in order', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.oneof(fc.nat().map(E.right), fc.string().map(E.left))), async (records) => {
        const kept = await lastValueFrom(from(records).pipe(lefts(), toArray()))
        expect(kept.map((record) => record.value)).toEqual(A.lefts(records.map((record) => record.value)))
      }),
    ))
})
