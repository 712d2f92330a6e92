import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { Logs } from '../../src/log/logs.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { checkTopicId, topicIdOf } from '../../src/log/topic-id.ts'
import { manualClock } from '../support/manual-clock.ts'
import { rightOf } from '../support/right-of.ts'

const definition = (topicId: string) => ({ topic: 'orders', partition: 0, topicId, config: {} })
const refused = { left: { code: 'invalid-topic', message: expect.stringMatching(/'orders'.*'not-an-id'/) } }
const closed = { storage: memoryStorage(), durability: 'power', clock: manualClock() } as const

describe('a topic id', () => {
  it('of any 16 bytes is one', () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect(E.isRight(checkTopicId(definition(topicIdOf(bytes))))).toBe(true)
      }),
    ))

  it('is nothing but 16 bytes in base64', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.uuid()), (id) => {
        const bytes = Buffer.from(id, 'base64url')
        const isOne = bytes.length === 16 && topicIdOf(bytes) === id
        expect(E.isRight(checkTopicId(definition(id)))).toBe(isOne)
      }),
    ))

  it('of another form is refused by name, when a partition is made and when it is opened', async () => {
    const logs = rightOf(await Logs.open({ ...closed, partitions: [] }))
    expect(await logs.add([definition('not-an-id')])).toMatchObject(refused)
    expect([...logs.all]).toEqual([])
    expect(await Logs.open({ ...closed, partitions: [definition('not-an-id')] })).toMatchObject(refused)
  })
})
