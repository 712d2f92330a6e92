import * as fc from 'fast-check'
import { from, lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { tapEach } from '../../operators/tap-each.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf, recordOf } from '../support/records.ts'

describe('tapEach', () => {
  obeysOperatorLaws({
    make: (hook) => tapEach((record) => hook(record.value)),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: [],
  })

  it('shows every record once, in order, and passes on the very record', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.anything()), async (records) => {
        const seen: unknown[] = []
        const passed = await lastValueFrom(
          from(records).pipe(
            tapEach((record) => seen.push(record)),
            toArray(),
          ),
        )
        passed.forEach((record, at) => expect(record).toBe(records[at]))
        expect(seen).toEqual(passed)
        expect(passed.length).toBe(records.length)
      }),
    ))

  it('fails a record for which it is given a promise, and leaves no rejection behind', async () => {
    // oxlint-disable-next-line typescript/no-misused-promises -- the misuse is what is tried
    const looking = from([recordOf('a')]).pipe(tapEach(async () => Promise.reject(new Error('unseen'))))
    await expect(lastValueFrom(looking)).rejects.toThrow(/promise for record '.*use mapAsync/)
  })
})
