import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import {
  decodeTransaction,
  decodeTransactionKey,
  encodeTransaction,
  encodeTransactionKey,
} from '../../../src/protocol/broker/transaction-record.ts'
import type { TransactionRecord } from '../../../src/protocol/broker/transaction-state.ts'

const safe = fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER })
const partition = fc.record({
  topic: fc.string({ unit: 'binary', maxLength: 200 }),
  partition: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
})
const record: fc.Arbitrary<TransactionRecord> = fc
  .record({
    phase: fc.constantFrom('Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort'),
    producerId: safe,
    previousProducerId: safe,
    nextProducerId: safe,
    epoch: fc.integer({ min: -1, max: 32767 }),
    timeoutMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    partitions: fc.uniqueArray(partition, { selector: (p) => `${p.partition} ${p.topic}`, maxLength: 20 }),
    startedAtMs: safe,
    updatedAtMs: safe,
  })
  .map((r) => (r.phase === 'Empty' ? { ...r, partitions: [] } : r))

const sorted = (r: TransactionRecord): TransactionRecord => ({
  ...r,
  partitions: r.partitions.toSorted((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  ),
})
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const example: TransactionRecord = {
  phase: 'PrepareCommit',
  producerId: 7,
  previousProducerId: 7,
  nextProducerId: -1,
  epoch: 3,
  timeoutMs: 60_000,
  partitions: [
    { topic: 't', partition: 0 },
    { topic: 't', partition: 2 },
  ],
  startedAtMs: 1000,
  updatedAtMs: 1010,
}

describe('the value of a transaction', () => {
  it('reads what it writes', () =>
    fc.assert(
      fc.property(record, (r) => {
        const read = decodeTransaction(encodeTransaction(r))
        expect(E.map(sorted)(read)).toEqual(E.right(sorted(r)))
      }),
    ))

  it('loses only previous and next producer id in version 0', () =>
    fc.assert(
      fc.property(record, (r) => {
        const expected = sorted({ ...r, previousProducerId: -1, nextProducerId: -1 })
        expect(E.map(sorted)(decodeTransaction(encodeTransaction(r, 0)))).toEqual(E.right(expected))
      }),
    ))

  it('has the bytes that Kafka 4 writes, field by field', () => {
    const version1 = [
      '0001', // version
      '0000000000000007 0003 0000ea60 02', // producer id, epoch, timeout, PrepareCommit
      '02 02 74 03 00000000 00000002 00', // one topic of one letter with two partitions, no tagged fields
      '00000000000003f2 00000000000003e8', // updated, started
      '02 00 08 0000000000000007 02 02 0002', // two tagged fields: previous producer id, transaction version
    ]
    expect(hex(encodeTransaction(example))).toBe(version1.join('').replaceAll(' ', ''))
    const version0 = [
      '0000',
      '0000000000000007 0003 0000ea60 02',
      '00000001 0001 74 00000002 00000000 00000002',
      '00000000000003f2 00000000000003e8',
    ]
    expect(hex(encodeTransaction(example, 0))).toBe(version0.join('').replaceAll(' ', ''))
  })

  it('writes the partitions of Empty as null', () => {
    const empty: TransactionRecord = { ...example, phase: 'Empty', partitions: [] }
    expect(hex(encodeTransaction(empty, 0)).slice(34, 42)).toBe('ffffffff')
    expect(hex(encodeTransaction(empty)).slice(34, 36)).toBe('00')
  })

  it('skips tagged fields of a newer Kafka', () => {
    const bytes = hex(encodeTransaction(example)).replace('02000800', '03000800').concat('0303aabbcc')
    expect(decodeTransaction(Buffer.from(bytes, 'hex'))).toEqual(E.right(example))
  })

  it('refuses truncated, changed and arbitrary bytes with a message, or reads them; never throws', () =>
    fc.assert(
      fc.property(record, fc.nat(), fc.nat(255), fc.uint8Array({ maxLength: 80 }), (r, at, byte, noise) => {
        const bytes = encodeTransaction(r)
        for (const cut of [bytes.subarray(0, at % bytes.length), noise]) {
          const read = decodeTransaction(cut)
          if (E.isLeft(read)) expect(read.left.message).toContain('log of transactions is unreadable')
        }
        expect(E.isLeft(decodeTransaction(bytes.subarray(0, at % bytes.length)))).toBe(true)
        bytes[at % bytes.length] = byte
        decodeTransaction(bytes)
      }),
      { numRuns: 300 },
    ))

  it('names a newer version, and a phase that there is not', () => {
    const newer = encodeTransaction(example)
    newer[1] = 2
    expect(decodeTransaction(newer)).toMatchObject({ left: { message: expect.stringContaining('version is 2') } })
    const odd = encodeTransaction(example)
    odd[16] = 9
    expect(decodeTransaction(odd)).toMatchObject({ left: { message: expect.stringContaining('state 9') } })
  })
})

describe('the key of a transaction', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (id) => {
        expect(decodeTransactionKey(encodeTransactionKey(id))).toEqual(E.right(id))
      }),
    )
    expect(hex(encodeTransactionKey('tx'))).toBe('000000027478')
  })

  it('refuses another version, text that is not UTF-8 and an id too long for its length', () => {
    expect(E.isLeft(decodeTransactionKey(Uint8Array.of(0, 1, 0, 0)))).toBe(true)
    expect(E.isLeft(decodeTransactionKey(Uint8Array.of(0, 0, 0, 1, 0xff)))).toBe(true)
    expect(() => encodeTransactionKey('x'.repeat(32768))).toThrow('32767 at most')
  })
})
