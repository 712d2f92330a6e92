import * as fc from 'fast-check'
import * as t from 'io-ts'
import { catchError, delay, EMPTY, from, lastValueFrom, mergeMap, of, throwError, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { to } from '../../operators/to.ts'
import { json } from '../../src/codec/json.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { EncodeError } from '../../src/contracts/codec.ts'
import { Probe } from '../../src/contracts/probe.ts'
import { UncarriedRecord, watchRefusals } from '../../src/contracts/refusal.ts'
import { type AnyRecord, type StreamRecord, task } from '../../src/contracts/stream-record.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { outputsOf, partitionOf, recordOf } from '../support/records.ts'

const counts = topic('counts', { key: text, value: json(t.number) })

describe('to', () => {
  obeysOperatorLaws({
    make: () => to(counts),
    recordwise: true,
    synchronous: true,
    callback: false,
    changes: [],
  })

  it('writes every record once, with its own task, and passes on the very record', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.nat()), async (records) => {
        const passed = await lastValueFrom(from(records).pipe(to(counts), toArray()))
        passed.forEach((record, at) => expect(record).toBe(records[at]))
        for (const record of records) {
          const { key, value, headers, timestamp } = record
          expect(outputsOf(record)).toEqual([{ topic: counts, key, value, headers, timestamp }])
        }
      }),
    ))

  it('finds the task wherever it is subscribed: behind a delay, in a mergeMap', async () => {
    const record = recordOf(1)
    await lastValueFrom(
      of(record).pipe(
        delay(0),
        mergeMap((r) => of(r, { ...r, value: 2 }).pipe(to(counts))),
      ),
    )
    expect(outputsOf(record).map((output) => output.value)).toEqual([1, 2])
  })

  it('declares its topic before the first record', () => {
    expect(Probe.apply(EMPTY, to(counts)).needs).toEqual([{ _tag: 'output', topic: counts }])
  })

  it('fails the record with what its codec says of a value that it cannot write', async () => {
    await expect(lastValueFrom(of(recordOf(Number.NaN)).pipe(to(counts)))).rejects.toThrow(EncodeError)
  })

  const uncarried: readonly (readonly [string, AnyRecord])[] = [
    ['only read', { ...recordOf(1), [task]: undefined }],
    ['given a carrier by hand', { ...recordOf(1), [task]: { emit: () => undefined } }],
    ['cloned', { ...structuredClone({ ...recordOf(1), [task]: undefined }), [task]: structuredClone({}) }],
  ]
  it.each(uncarried)(
    'refuses a record that was %s, and tells the runs that write there, whatever catches it',
    async (_, record) => {
      const reported: unknown[] = []
      const stop = watchRefusals([{ _tag: 'output', topic: counts }], (error) => reported.push(error))
      const hidden = of(record as StreamRecord<string, number>).pipe(
        to(counts),
        catchError(() => EMPTY),
      )
      expect(await lastValueFrom(hidden.pipe(toArray()))).toEqual([])
      stop()
      expect(reported).toEqual([expect.any(UncarriedRecord)])
    },
  )

  it('passes on an error of its source', async () => {
    await expect(lastValueFrom(throwError(() => new Error('source')).pipe(to(counts)))).rejects.toThrow('source')
  })

  it('says while the pipeline is built that it got no topic', () => {
    expect(() => to(undefined as never)).toThrow('to(…) takes a topic')
  })
})
