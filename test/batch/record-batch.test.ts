import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { endMarker, readControl } from '../../src/batch/control-batch.ts'
import { readRecords } from '../../src/batch/read-records.ts'
import { checkBatch, place, seal } from '../../src/batch/record-batch.ts'

const dataBatch =
  '0000000000000000000000450000000302cc9ffbc700000000000100000000000003e800000000000003ed00000000000000070001000000000000000210000000026b02760014000a0201010202680278'
const commitMarker =
  '000000000000000200000042000000030294fd966300300000000000000000000003f200000000000003f200000000000000070001ffffffff000000012000000008000000010c00000000000500'

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex')
const hex = (batch: Uint8Array): string => Buffer.from(batch).toString('hex')
const utf8 = (text: string): Uint8Array => Buffer.from(text)

describe('RecordBatch v2, byte for byte', () => {
  it('writes what other encoders of the format write', () => {
    const builder = new BatchBuilder({ compression: 'none' })
    builder.add(utf8('k'), utf8('v'), new Map(), 1000)
    builder.add(null, null, new Map([['h', utf8('x')]]), 1005)
    const batch = builder.build()
    seal(batch, { producerId: 7, producerEpoch: 1, baseSequence: 0, transactional: false })
    place(batch, 0, 3)
    expect(hex(batch)).toBe(dataBatch)
  })

  it('reads it back', () => {
    const seen: unknown[] = []
    const read = readRecords(bytes(dataBatch), (r) => {
      seen.push([r.offset, r.timestamp, r.key, r.value, [...r.headers]])
    })
    expect(E.isRight(read)).toBe(true)
    expect(seen).toEqual([
      [0, 1000, utf8('k'), utf8('v'), []],
      [1, 1005, null, null, [['h', utf8('x')]]],
    ])
    expect(checkBatch(bytes(dataBatch))).toEqual(
      E.right({
        baseOffset: 0,
        sizeBytes: 81,
        leaderEpoch: 3,
        compression: 'none',
        timestampType: 'CreateTime',
        transactional: false,
        control: false,
        deleteHorizon: false,
        lastOffsetDelta: 1,
        baseTimestamp: 1000,
        maxTimestamp: 1005,
        producerId: 7,
        producerEpoch: 1,
        baseSequence: 0,
        count: 2,
      }),
    )
  })

  it('writes and reads the marker that commits', () => {
    const marker = endMarker({ commit: true, producerId: 7, producerEpoch: 1, coordinatorEpoch: 5, timestamp: 1010 })
    place(marker, 2, 3)
    expect(hex(marker)).toBe(commitMarker)
    expect(readControl(bytes(commitMarker))).toEqual(E.right('commit'))
  })
})
