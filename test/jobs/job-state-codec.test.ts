import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { firedBytes, jobStateCodec, pendingBytes } from '../../src/jobs/job-state-codec.ts'
import { standsOf } from '../../src/jobs/job-state-reader.ts'
import { answersKept, type JobAnswer, type JobState } from '../../src/protocol/delay/job-state.ts'

const number = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(),
  fc.nat(2 ** 31).map((n) => 2 ** 48 - 2 ** 30 + n),
)
const tag = <T extends string>(name: T) => fc.constant(name)

const answer: fc.Arbitrary<JobAnswer> = fc.oneof(
  fc.record({ _tag: tag('scheduled'), gen: number, dueMs: number, replaced: fc.boolean() }),
  fc.record({ _tag: tag('pending'), gen: number, dueMs: number }),
  fc.record({ _tag: tag('already-fired'), gen: number, dueMs: number }),
  fc.record({ _tag: tag('cancelled') }),
  fc.record({ _tag: tag('unknown') }),
)
const answered = fc.array(fc.record({ command: fc.string({ unit: 'grapheme', maxLength: 16 }), answer }), {
  maxLength: answersKept,
})
const source = fc.record({
  topic: fc.stringMatching(/^[\w.-]{1,40}$/),
  partition: fc.nat(),
  offset: number,
  timestamp: fc.integer({ min: -1 }),
})
const state: fc.Arbitrary<JobState> = fc.oneof(
  fc.record({ _tag: tag('pending'), gen: number, dueMs: number, answered }),
  fc.record({ _tag: tag('fired'), gen: number, dueMs: number, untilMs: number, answered }),
  fc.record({ _tag: tag('cancelled'), source: fc.option(source, { nil: undefined }), untilMs: number, answered }),
  fc.record({ _tag: tag('ahead'), source, untilMs: number, answered }),
  fc.record({ _tag: tag('asked'), untilMs: number, answered }),
)

describe('the state of a job in bytes', () => {
  it('comes back as it was', () =>
    fc.assert(
      fc.property(state, (one) => {
        expect(jobStateCodec.decode(jobStateCodec.encode(one))).toEqual(E.right(one))
      }),
    ))

  it('is refused where it is cut, and where it is none', () =>
    fc.assert(
      fc.property(state, fc.nat(), (one, cut) => {
        const bytes = jobStateCodec.encode(one) as Uint8Array
        expect(E.isLeft(jobStateCodec.decode(bytes.subarray(0, cut % bytes.length)))).toBe(true)
        expect(E.isLeft(jobStateCodec.decode(Uint8Array.from([99, ...bytes])))).toBe(true)
        expect(E.isLeft(jobStateCodec.decode(null))).toBe(true)
      }),
    ))

  it('takes 18 bytes where it waits and nobody has asked', () => {
    expect(jobStateCodec.encode({ _tag: 'pending', gen: 1e12, dueMs: 1.8e12, answered: [] })?.length).toBe(18)
  })

  it('is as long once it has fired, so that it takes the same place', () => {
    const fired = { _tag: 'fired', gen: 1e12, dueMs: 1.8e12, untilMs: 1.8e12 + 86_400_000, answered: [] } as const
    expect(jobStateCodec.encode(fired)?.length).toBe(18)
  })

  it('says of one that surfaces what a closer look would say', () =>
    fc.assert(
      fc.property(state, number, number, fc.nat(3), (one, gen, dueMs, which) => {
        const [g, d] = 'gen' in one ? [which & 1 ? one.gen : gen, which & 2 ? one.dueMs : dueMs] : [gen, dueMs]
        const stands = standsOf(jobStateCodec.encode(one) ?? undefined, g, d)
        const isIt = one._tag === 'pending' && one.gen === g && one.dueMs === d
        if (stands !== undefined) expect(stands).toBe(isIt ? 'waits' : 'otherwise')
        if (stands === 'waits') expect(one.answered).toEqual([])
      }),
    ))

  it('has two short forms, which are what the codec writes', () =>
    fc.assert(
      fc.property(number, number, number, (gen, dueMs, untilMs) => {
        const pending = { _tag: 'pending', gen, dueMs, answered: [] } as const
        expect(pendingBytes(gen, dueMs)).toEqual(jobStateCodec.encode(pending))
        const fired = { _tag: 'fired', gen, dueMs, untilMs, answered: [] } as const
        expect(firedBytes(gen, dueMs, untilMs)).toEqual(jobStateCodec.encode(fired))
      }),
    ))
})
