import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapValue } from '../../operators/map-value.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { UnreadableRecord } from '../../src/pipeline/attempt-errors.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import { Outage } from '../../src/pipeline/outage.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const events = fc.array(
  fc.oneof(
    fc.record({ _tag: fc.constant('failed' as const), key: fc.option(fc.nat(5)), isUnreadable: fc.boolean() }),
    fc.record({ _tag: fc.constant('succeeded' as const) }),
  ),
  { maxLength: 40 },
)

describe('an outage', () => {
  it('is so many different keys that failed since the last success; one that cannot be read never counts', () =>
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 5 }), (events, after) => {
        const outage = new Outage(after)
        let failed = new Set<string>()
        events.forEach((event, n) => {
          if (event._tag === 'succeeded') {
            failed = new Set()
            return outage.succeeded()
          }
          const { key, isUnreadable } = event
          const id = `in-0-${n}`
          const reason = isUnreadable ? new UnreadableRecord(id, 'value', { codec: 'int32', report: [] }) : new Error()
          // without a key each record stands for itself
          if (!isUnreadable) failed.add(key === null ? id : `${key}`)
          const bytes = key === null ? null : Uint8Array.of(key)
          expect(outage.failed(bytes, id, reason)).toBe(!isUnreadable && failed.size >= after)
        })
      }),
      { numRuns: 200 },
    ))

  it('is none where poison lies between records that succeed, however much of it there is', async () => {
    const input = topic('in', { key: text, value: int32 })
    const out = topic('out', { key: text, value: int32 })
    const world = new EmbeddedWorld()
    await world.open()
    await world.create([input, out], 1)
    const sent = Array.from({ length: 20 }, (_, value) => ({ key: `k${value}`, value }))
    await world.append(input, 0, sent)
    const refusesOdd = mapValue((value: number) => {
      if (value % 2 === 1) throw new Error('odd')
      return value
    })
    const operators = [refusesOdd, to(out)] as unknown as Operators
    const running = await world.run('p', { topics: [input], operators }, { onError: 'skip', outageAfter: 3 })
    const notices: Notice[] = []
    running.errors$.subscribe((notice) => notices.push(notice))
    await world.caughtUp(running)
    await world.while(running.stop())
    expect(notices.map((notice) => notice._tag === 'record-failed' && notice.policy)).toEqual(Array(10).fill('skip'))
    expect((await world.committed(out, 1)).flat()).toHaveLength(10)
  })
})
