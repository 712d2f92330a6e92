import * as fc from 'fast-check'
import {
  concatMap,
  delay,
  distinct,
  EMPTY,
  filter,
  from,
  lastValueFrom,
  map,
  type OperatorFunction,
  of,
  pairwise,
  pipe,
  repeat,
  scan,
  startWith,
  take,
  toArray,
} from 'rxjs'
import { describe, expect, it } from 'vitest'
import { perRecord } from '../../operators/per-record.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { Probe } from '../../src/contracts/probe.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { partitionOf, recordOf } from '../support/records.ts'

const counts = topic('counts', { key: text, value: int32 })

describe('perRecord', () => {
  obeysOperatorLaws({
    make: (hook) =>
      perRecord(
        filter((record: StreamRecord<string, number>) => {
          hook(record.value)
          return record.value % 2 === 1
        }),
      ),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: [],
  })

  type Numbers = StreamRecord<string, number>
  const lifted: Readonly<Record<string, OperatorFunction<Numbers, unknown>>> = {
    take: take<Numbers>(1),
    scan: scan<Numbers, number>((sum, record) => sum + record.value, 0),
    distinct: distinct<Numbers, string>((record) => record.key),
    startWith: startWith<Numbers, [number]>(0),
    pairwise: pairwise<Numbers>(),
    repeat: repeat<Numbers>(2),
  }
  it.each(Object.entries(lifted))('makes of %s what it is on streams of one record', (_, operator) =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.nat(9)), async (records) => {
        const inOne = await lastValueFrom(from(records).pipe(perRecord(operator), toArray()))
        const alone = from(records).pipe(concatMap((record) => operator(of(record))))
        expect(inOne).toEqual(await lastValueFrom(alone.pipe(toArray())))
      }),
      { numRuns: 30 },
    ),
  )

  it('shows what the lifted operator needs', () => {
    expect(
      Probe.apply(
        EMPTY,
        perRecord(
          pipe(
            map((r: Numbers) => r),
            to(counts),
          ),
        ),
      ),
    ).toEqual({
      needs: [{ _tag: 'output', topic: counts }],
      recordwise: true,
    })
  })

  it('stops what repeats for ever when enough was taken', async () => {
    const taken = of(recordOf(1)).pipe(perRecord(repeat()), take(3), toArray())
    expect((await lastValueFrom(taken)).length).toBe(3)
  })

  it('fails a record with what takes its time, and says the way out', async () => {
    await expect(lastValueFrom(of(recordOf(1)).pipe(perRecord(delay(0))))).rejects.toThrow(
      'perRecord(…) was given an operator that takes its time (record source-0-0 was not done at once)',
    )
  })

  it('says while the pipeline is built that it got no operator', () => {
    expect(() => perRecord(filter as never)).not.toThrow()
    expect(() => perRecord(undefined as never)).toThrow('perRecord(…) takes an operator')
  })
})
