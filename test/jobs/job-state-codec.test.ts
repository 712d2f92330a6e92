import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { jobStateCodec } from '../../src/jobs/job-state-codec.ts'
import { answersKept, type JobAnswer, type JobState } from '../../src/protocol/delay/job-state.ts'

const number = fc.maxSafeNat()
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
})
