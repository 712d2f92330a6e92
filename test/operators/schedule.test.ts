import * as fc from 'fast-check'
import * as t from 'io-ts'
import { EMPTY, from, lastValueFrom, of, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { schedule } from '../../operators/schedule.ts'
import { delayed, topicsOf } from '../../src/codec/delayed.ts'
import { json } from '../../src/codec/json.ts'
import { markIn } from '../../src/codec/mark-reader.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { EncodeError } from '../../src/contracts/codec.ts'
import { Probe } from '../../src/contracts/probe.ts'
import { UncarriedRecord } from '../../src/contracts/refusal.ts'
import { task } from '../../src/contracts/stream-record.ts'
import { obeysOperatorLaws } from '../support/operator-laws.ts'
import { outputsOf, partitionOf, recordOf } from '../support/records.ts'

const reminders = topic('reminders', { key: text, value: json(t.number) })
const later = delayed('later', { to: reminders, tiers: ['5s', '30m'] })
const topics = topicsOf(later)

const headersOf = (headers: ReadonlyMap<string, Uint8Array>): Readonly<Record<string, string>> =>
  Object.fromEntries([...headers].map(([name, bytes]) => [name, Buffer.from(bytes).toString()]))

describe('schedule', () => {
  obeysOperatorLaws({
    make: (hook) =>
      schedule(later, (r) => {
        hook(r.value)
        return { id: r.key, after: '30m', key: r.key, value: r.value }
      }),
    recordwise: true,
    synchronous: true,
    callback: true,
    changes: [],
  })

  it('writes a command for each record that has a job, and none for the others', () =>
    fc.assert(
      fc.asyncProperty(partitionOf(fc.nat()), async (records) => {
        const job = (value: number) => ({ id: `job ${value}`, at: value, key: 'k', value })
        await lastValueFrom(
          from(records).pipe(
            schedule(later, (r) => (r.value % 2 === 0 ? job(r.value) : undefined)),
            toArray(),
          ),
        )
        for (const record of records) {
          const written = outputsOf(record)
          expect(written.length).toBe(record.value % 2 === 0 ? 1 : 0)
          for (const { topic: to, key, value, headers } of written) {
            expect(to).toBe(topics.commands)
            expect(Buffer.from(key as Uint8Array).toString()).toBe(`job ${record.value}`)
            expect(value).toEqual(reminders.value.encode(record.value))
            const mark = markIn(headers)
            expect(headers.size).toBe(1)
            expect(mark).toMatchObject({ what: 'schedule', dueMs: record.value, afterMs: -1, gen: -1, expect: -1 })
            expect(mark?.keyOf(key as Uint8Array)).toEqual(text.encode('k'))
            const { offset, timestamp } = record
            expect(mark?.source).toEqual({ topic: 'source', partition: 0, offset, timestamp })
          }
        }
      }),
    ))

  it('writes a job without an id to its tier at once, and its own headers only', async () => {
    const record = recordOf(1)
    const headers = new Map([
      ['trace', Buffer.from('t')],
      ['millrace.due', Buffer.from('1')],
    ])
    await lastValueFrom(of(record).pipe(schedule(later, () => ({ after: '5s', key: 'k', value: 2, headers }))))
    const [written] = outputsOf(record)
    expect(written?.topic).toBe(topics.plain.get('5s'))
    expect(headersOf(written?.headers ?? new Map())).toEqual({ trace: 't' })
  })

  it('declares what it delays before the first record', () => {
    expect(
      Probe.apply(
        EMPTY,
        schedule(later, () => undefined),
      ).needs,
    ).toEqual([{ _tag: 'delayed', delayed: later }])
  })

  it('fails the record with what the codec of the target says', async () => {
    const failing = of(recordOf(1)).pipe(schedule(later, (r) => ({ id: r.key, at: 1, key: 'k', value: Number.NaN })))
    await expect(lastValueFrom(failing)).rejects.toThrow(EncodeError)
  })

  const wrong: readonly (readonly [string, unknown, string])[] = [
    ['a tier that was not declared', { id: 'a', after: '7m', key: 'k', value: 1 }, "which has '5s', '30m'"],
    ['no time', { id: 'a', key: 'k', value: 1 }, 'say at'],
    ['two times', { id: 'a', after: '5s', at: 1, key: 'k', value: 1 }, 'and not both'],
    ['a time that is none', { id: 'a', at: 1.5, key: 'k', value: 1 }, '1.5'],
    ['an empty id', { id: '', at: 1, key: 'k', value: 1 }, '1 to 256 characters'],
    ['a promise', Promise.resolve({}), 'a promise'],
    ['text', 'a', 'answer { id, after, key, value }'],
    ['null', null, 'null'],
  ]
  it.each(wrong)('fails the record where its job has %s', async (_, job, message) => {
    await expect(lastValueFrom(of(recordOf(1)).pipe(schedule(later, () => job as never)))).rejects.toThrow(message)
  })

  it('refuses a record that has lost its task', async () => {
    const lost = of({ ...recordOf(1), [task]: undefined }).pipe(schedule(later, () => ({ at: 1, key: 'k', value: 1 })))
    await expect(lastValueFrom(lost)).rejects.toThrow(UncarriedRecord)
  })

  it('says while the pipeline is built what it got instead', () => {
    expect(() => schedule(reminders as never, () => undefined)).toThrow('schedule(…) takes what delayed(…) makes')
    expect(() => schedule(later, { id: 'a' } as never)).toThrow('takes a function that answers a job')
  })
})
