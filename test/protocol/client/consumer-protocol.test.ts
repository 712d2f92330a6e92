import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { partitionName } from '../../../src/contracts/position.ts'
import {
  decodeAssignment,
  decodeStickyData,
  decodeSubscription,
  encodeAssignment,
  encodeStickyData,
  encodeSubscription,
} from '../../../src/protocol/client/consumer-protocol.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const text = fc.string({ unit: 'grapheme', maxLength: 6 })
const partitions = fc
  .uniqueArray(fc.record({ topic: text, partition: fc.nat(2 ** 31 - 1) }), { selector: partitionName, maxLength: 9 })
  // the format keeps the partitions of a topic together
  .map((all) => [...new Set(all.map((tp) => tp.topic))].flatMap((topic) => all.filter((tp) => tp.topic === topic)))
const userData = fc.option(fc.uint8Array({ maxLength: 9 }), { nil: null })
const generation = fc.integer({ min: -1, max: 2 ** 31 - 1 })
const subscription = fc.record({ topics: fc.array(text), owned: partitions, generation, userData })

describe('the consumer protocol', () => {
  it('reads the subscription that it wrote', () => {
    fc.assert(
      fc.property(subscription, (written) => {
        expect(decodeSubscription(encodeSubscription(written))).toEqual(E.right(written))
      }),
    )
  })

  it('reads the assignment that it wrote', () => {
    fc.assert(
      fc.property(fc.record({ partitions, userData }), (written) => {
        expect(decodeAssignment(encodeAssignment(written))).toEqual(E.right(written))
      }),
    )
  })

  it('reads what a sticky member said it had', () => {
    fc.assert(
      fc.property(partitions, generation, (owned, generation) => {
        expect(decodeStickyData(encodeStickyData(owned, generation))).toEqual(E.right({ owned, generation }))
      }),
    )
  })

  it('writes the bytes of the schema', () => {
    const written = encodeSubscription({
      topics: ['a', 'bc'],
      owned: [
        { topic: 'a', partition: 1 },
        { topic: 'a', partition: 2 },
      ],
      generation: 7,
      userData: null,
    })
    const topics = '00000002 0001 61 0002 6263'
    const owned = '00000001 0001 61 00000002 00000001 00000002'
    expect(hex(written)).toBe(hex(bytes(`0003 ${topics} ffffffff ${owned} 00000007 ffff`)))
    expect(hex(encodeAssignment({ partitions: [{ topic: 'a', partition: 1 }], userData: null }))).toBe(
      hex(bytes('0001 00000001 0001 61 00000001 00000001 ffffffff')),
    )
  })

  it('reads older versions, and newer ones as far as they are known', () => {
    const known = { topics: ['a'], userData: null }
    expect(decodeSubscription(bytes('0000 00000001 0001 61 ffffffff'))).toEqual(
      E.right({ ...known, owned: [], generation: -1 }),
    )
    expect(decodeSubscription(bytes('0001 00000001 0001 61 ffffffff 00000001 0001 61 00000001 00000003'))).toEqual(
      E.right({ ...known, owned: [{ topic: 'a', partition: 3 }], generation: -1 }),
    )
    expect(decodeSubscription(bytes('0009 00000001 0001 61 ffffffff 00000000 00000005 ffff abcd'))).toEqual(
      E.right({ ...known, owned: [], generation: 5 }),
    )
  })

  it('takes no bytes for an empty assignment', () => {
    expect(decodeAssignment(new Uint8Array(0))).toEqual(E.right({ partitions: [], userData: null }))
  })

  it('refuses every cut of a subscription, and never throws', () => {
    fc.assert(
      fc.property(subscription, fc.nat(), (written, cut) => {
        const whole = encodeSubscription(written)
        // the rack comes last, and nobody reads it
        expect(E.isLeft(decodeSubscription(whole.subarray(0, cut % (whole.length - 2))))).toBe(true)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        for (const read of [decodeSubscription, decodeAssignment, decodeStickyData])
          expect(['Left', 'Right']).toContain(read(noise)._tag)
      }),
    )
  })

  it('says what was absurd', () => {
    expect(decodeSubscription(bytes('0003 7fffffff'))).toMatchObject({
      left: { message: 'a subscription of the consumer protocol, 6 bytes: 2147483647 elements at byte 6' },
    })
  })
})
