import { EMPTY, lastValueFrom, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { cancel } from '../../operators/cancel.ts'
import { delayed, topicsOf } from '../../src/codec/delayed.ts'
import { markIn } from '../../src/codec/mark-reader.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { Probe } from '../../src/contracts/probe.ts'
import { UncarriedRecord } from '../../src/contracts/refusal.ts'
import { task } from '../../src/contracts/stream-record.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { outputsOf, recordOf } from '../support/records.ts'

const reminders = topic('reminders', { key: text, value: text })
const later = delayed('later', { to: reminders, tiers: ['5s'] })

describe('cancel', () => {
  obeysOperatorLaws({
    make: (hook) =>
      cancel(later, (r) => {
        hook(r.value)
        return r.key
      }),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: [],
  })

  it('writes a command for each record that names a job, and none for the others', async () => {
    const [some, none] = [recordOf(1, { offset: 7, timestamp: 9 }), recordOf(2)]
    for (const record of [some, none])
      await lastValueFrom(of(record).pipe(cancel(later, (r) => (r.value === 1 ? 'ä' : undefined))))
    expect(outputsOf(none)).toEqual([])
    const [written] = outputsOf(some)
    expect(written?.topic).toBe(topicsOf(later).commands)
    expect(written?.value).toBeNull()
    expect(Buffer.from(written?.key as Uint8Array).toString()).toBe('ä')
    const mark = markIn(written?.headers ?? new Map())
    expect(written?.headers.size).toBe(1)
    expect(mark?.what).toBe('cancel')
    expect(mark?.source).toEqual({ topic: 'source', partition: 0, offset: 7, timestamp: 9 })
  })

  it('declares what it speaks of before the first record', () => {
    expect(
      Probe.apply(
        EMPTY,
        cancel(later, () => undefined),
      ).needs,
    ).toEqual([{ _tag: 'delayed', delayed: later }])
  })

  it.each([
    ['a number', 1],
    ['null', null],
    ['a promise', Promise.resolve('a')],
    ['nothing of text', ''],
    ['text that has no bytes', '\ud800'],
  ])('fails the record where its id is %s', async (_, id) => {
    await expect(lastValueFrom(of(recordOf(1)).pipe(cancel(later, () => id as never)))).rejects.toThrow(TypeError)
  })

  it('refuses a record that has lost its task', async () => {
    const lost = of({ ...recordOf(1), [task]: undefined }).pipe(cancel(later, () => 'a'))
    await expect(lastValueFrom(lost)).rejects.toThrow(UncarriedRecord)
  })

  it('says while the pipeline is built what it got instead', () => {
    expect(() => cancel(reminders as never, () => undefined)).toThrow('cancel(…) takes what delayed(…) makes')
    expect(() => cancel(later, 'a' as never)).toThrow('takes a function that answers an id')
  })
})
