import * as fc from 'fast-check'
import { from, lastValueFrom, of, take, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { flatMapValue } from '../../operators/flat-map-value.ts'
import { mapAsync } from '../../operators/map-async.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf, recordOf } from '../support/records.ts'

describe('mapAsync', () => {
  obeysOperatorLaws({
    make: (hook) =>
      mapAsync(async (value) => {
        hook(value)
        return value * 2
      }),
    recordwise: false,
    synchronous: false,
    callback: true,
    changes: ['value'],
  })

  it('is Array.map over the values, in order, however long each takes', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.nat(5)), async (records) => {
        const turns = async (value: number): Promise<number> => {
          for (let turn = 0; turn < value; turn++) await Promise.resolve()
          return value + 1
        }
        const got = await lastValueFrom(from(records).pipe(mapAsync(turns), toArray()))
        expect(got).toEqual(records.map((record) => ({ ...record, value: record.value + 1 })))
      }),
    ))

  it('does what one record has become one after the other', async () => {
    const log: string[] = []
    const work = async (value: string): Promise<void> => {
      log.push(`begin ${value}`)
      await Promise.resolve()
      log.push(`end ${value}`)
    }
    await lastValueFrom(
      of(recordOf('a b')).pipe(
        flatMapValue((words) => words.split(' ')),
        mapAsync(work),
      ),
    )
    expect(log).toEqual(['begin a', 'end a', 'begin b', 'end b'])
  })

  it('aborts what is let go of before it has settled, and only that', async () => {
    const signals: AbortSignal[] = []
    const work = (value: string, _: unknown, signal: AbortSignal): Promise<string> => {
      signals.push(signal)
      return value === 'done' ? Promise.resolve(value) : new Promise(() => undefined)
    }
    await lastValueFrom(of(recordOf('done')).pipe(mapAsync(work), take(1)))
    const pending = of(recordOf('pending')).pipe(mapAsync(work)).subscribe()
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false])
    pending.unsubscribe()
    expect(signals.map((signal) => signal.aborted)).toEqual([false, true])
  })

  it('takes a rejection that comes after it was let go of as nobody’s business', async () => {
    let reject: (error: Error) => void = () => undefined
    const late = new Promise<never>((_, no) => {
      reject = no
    })
    const seen: unknown[] = []
    of(recordOf('x'))
      .pipe(mapAsync(() => late))
      .subscribe({ error: (error) => seen.push(error) })
      .unsubscribe()
    reject(new Error('late'))
    await Promise.resolve()
    expect(seen).toEqual([])
  })

  it('fails with a rejection, and with what is thrown before there is a promise', async () => {
    const throwing = (): Promise<never> => {
      throw new Error('at once')
    }
    await expect(lastValueFrom(of(recordOf(1)).pipe(mapAsync(throwing)))).rejects.toThrow('at once')
    await expect(lastValueFrom(of(recordOf(1)).pipe(mapAsync(async () => throwing())))).rejects.toThrow('at once')
  })
})
