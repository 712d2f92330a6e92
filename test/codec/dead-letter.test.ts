import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { deadLetterOf, maxReasonCharacters, originalOf, type RawRecord } from '../../src/codec/dead-letter.ts'
import { deadLetters } from '../../src/codec/dead-letters.ts'
import type { DecodeError } from '../../src/contracts/codec.ts'

const raw: fc.Arbitrary<RawRecord> = fc.record({
  topic: fc.constantFrom('orders', 'refunds'),
  partition: fc.nat(99),
  offset: fc.maxSafeNat(),
  timestamp: fc.maxSafeNat(),
  key: fc.option(fc.uint8Array()),
  value: fc.option(fc.uint8Array()),
  headers: fc
    .array(fc.tuple(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('__proto__')), fc.uint8Array()))
    .map((entries) => new Map(entries)),
})
const [record] = fc.sample(raw, { seed: 1, numRuns: 1 }) as [RawRecord]
const letters = deadLetters('dead')

describe('a dead letter', () => {
  it('gives its record back byte by byte, through its topic, whatever was thrown', () =>
    fc.assert(
      fc.property(raw, fc.anything(), (original, error) => {
        const written = letters.value.encode(deadLetterOf({ pipeline: 'billing', record: original, error }))
        const read = letters.value.decode(written)
        expect(E.map(originalOf)(read)).toEqual(E.right(original))
      }),
    ))

  it('is bounded, whatever was thrown', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (message) => {
        const error = Object.assign(new Error(message), { name: message })
        const letter = deadLetterOf({ pipeline: 'billing', record: { ...record, value: null }, error })
        expect(letter.reason.length).toBeLessThanOrEqual(maxReasonCharacters)
        expect(letter.error.message.length).toBeLessThanOrEqual(maxReasonCharacters)
        expect(letter.error.name.length).toBeLessThanOrEqual(maxReasonCharacters)
      }),
    ))

  it('says why, in the words of an error', () => {
    const { reason, error } = deadLetterOf({ pipeline: 'p', record, error: new RangeError('too much') })
    expect(reason).toBe('RangeError: too much')
    expect(error).toEqual({ name: 'RangeError', message: 'too much', report: [] })
  })

  it('has the report of a record that did not decode', () => {
    const error: DecodeError = { _tag: 'DecodeError', codec: 'json(Order)', report: ['no string', 'total: no number'] }
    expect(deadLetterOf({ pipeline: 'p', record, error })).toMatchObject({
      reason: 'DecodeError: no json(Order): total: no number',
      error: { name: 'DecodeError', report: ['no string', 'total: no number'] },
    })
  })

  it('has the report of an error that was made of one', () => {
    const error = Object.assign(new Error('the key is no string'), { name: 'UnreadableRecord', report: ['no string'] })
    expect(deadLetterOf({ pipeline: 'p', record, error }).error).toEqual({
      name: 'UnreadableRecord',
      message: 'the key is no string',
      report: ['no string'],
    })
  })

  it('says why in words of one’s own, where there are any', () => {
    expect(deadLetterOf({ pipeline: 'p', record, error: new Error('x'), reason: 'five tries' }).reason).toBe(
      'five tries',
    )
  })
})

describe('a letter that was written before attempts were counted', () => {
  it('is read as of a record that was tried once', () => {
    const record = { topic: 'in', partition: 0, offset: 7, timestamp: 1, key: null, value: null, headers: new Map() }
    const letter = deadLetterOf({ pipeline: 'p', record, error: new Error('no'), attempts: 3, firstFailedAt: 5 })
    const { attempts, firstFailedAt, ...before } = letter
    expect([attempts, firstFailedAt]).toEqual([3, 5])
    const { value: codec } = deadLetters('dead')
    expect(codec.decode(new TextEncoder().encode(JSON.stringify(before)))).toEqual(
      E.right({ ...before, attempts: 1, firstFailedAt: null }),
    )
  })
})
