import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapValue } from '../../operators/map-value.ts'
import { to } from '../../operators/to.ts'
import { UnknownOrigin, UnreadableRecord } from '../../src/pipeline/attempt-errors.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { deadLetter } from '../../src/pipeline/dead-letter-policy.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import { Outage } from '../../src/pipeline/outage.ts'
import { retryLater } from '../../src/pipeline/retry-later.ts'
import { EmbeddedWorld } from './embedded-world.ts'
import { type CameBack, comesBack, dead, failing, input, letters, out, redriven, sent } from './failing-records.ts'
import { RetryWorld, type Sent } from './simulated-retries.ts'

const unreadable = new UnreadableRecord('in-0-1', 'value', { codec: 'int32', report: [] })
const unknown = new UnknownOrigin('p', 'in-0-1', undefined)

const events = fc.array(
  fc.oneof(
    fc.record({
      _tag: fc.constant('failed' as const),
      key: fc.option(fc.nat(5)),
      reason: fc.constantFrom(new Error('any'), new Error('other'), unreadable, unknown),
    }),
    fc.record({ _tag: fc.constant('succeeded' as const) }),
  ),
  { maxLength: 40 },
)

describe('an outage', () => {
  it('is so many different keys that failed since the last success; one that is to blame itself never counts', () =>
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 5 }), (events, after) => {
        const outage = new Outage(after)
        let failed = new Set<string>()
        events.forEach((event, n) => {
          if (event._tag === 'succeeded') {
            failed = new Set()
            return outage.succeeded()
          }
          const { key, reason } = event
          const id = `in-0-${n}`
          const isToBlame = reason === unreadable || reason === unknown
          // without a key each record stands for itself
          if (!isToBlame) failed.add(key === null ? id : `${key}`)
          const bytes = key === null ? null : Uint8Array.of(key)
          expect(outage.failed(bytes, id, reason)).toBe(!isToBlame && failed.size >= after)
        })
      }),
      { numRuns: 200 },
    ))

  const keys = Array.from({ length: 25 }, (_, at) => `k${at}`)

  it.each<
    readonly [string, { retryIf?: () => boolean; sent?: readonly Sent[]; back?: Omit<CameBack, 'key' | 'offset'> }]
  >([
    ['what retryIf says will not pass', { retryIf: () => false, sent: sent(...keys) }],
    ['what was read from a topic that is read no more', { back: { tier: '10ms', topic: 'other', attempts: 1 } }],
    ['what comes back from the dead letters', { back: { tier: 'now', headers: redriven(0) } }],
  ])('is none where %s fails, however much of it there is', async (_what, one) => {
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing(Object.fromEntries(keys.map((_, at) => [at, 1e9]))) },
      input: one.sent ?? [],
      onError: retryLater({ tiers: ['10ms'], exhausted: deadLetter(dead), retryIf: one.retryIf ?? (() => true) }),
      outageAfter: 20,
    })
    for (const [offset, key] of keys.entries())
      if (one.back !== undefined) comesBack(world, { ...one.back, key, offset })
    await world.finish()
    expect(letters(world)).toHaveLength(25)
  })

  it('is none where poison lies between records that succeed, however much of it there is', async () => {
    const world = new EmbeddedWorld()
    await world.open()
    await world.create([input, out], 1)
    await world.append(input, 0, sent(...keys.slice(0, 20)))
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
