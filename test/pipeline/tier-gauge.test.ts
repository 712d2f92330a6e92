import { firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { mapValue } from '../../operators/map-value.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { retryLater } from '../../src/pipeline/retry-later.ts'
import type { Running } from '../../src/pipeline/run.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const done = topic('done', { key: text, value: int32 })

/** Fails for what is odd, until it is well. */
const failing = (service: { isWell: boolean }): Operators =>
  [
    mapValue((value: number) => {
      if (!service.isWell && value % 2 === 1) throw new Error('away')
      return value
    }),
    to(done),
  ] as unknown as Operators

const metricsOf = ({ metrics$ }: Running) => firstValueFrom(metrics$)

describe('the metrics of what waits', () => {
  it.each([
    [false, 3, { parkedNow: 0, parkedKeys: 0 }],
    [true, 2, { parkedNow: 4, parkedKeys: 2 }],
  ])('say how much, and for how long: ordered %s', async (ordered, waiting, expected) => {
    const world = new EmbeddedWorld(1)
    await world.open()
    await world.create([input, done], 1)
    const keyed = ['a', 'a', 'b', 'a', 'c'].map((key, at) => ({ key, value: [1, 2, 4, 3, 5][at] as number }))
    await world.append(input, 0, keyed)
    world.disk.settle()
    const service = { isWell: false }
    const onError = retryLater({ tiers: ['1m'], ordered, exhausted: 'halt', jitter: 0 })
    const pipeline = { topics: [input], operators: failing(service) } as const
    const running = await world.run('p', pipeline, { onError })
    await world.pass(11_000)
    const waits = await metricsOf(running)
    expect(waits).toMatchObject({ ...expected, overdueMs: 0 })
    // the end of the transaction is counted too
    expect(waits.waiting).toBe(waiting + 1)
    if (ordered) expect(waits.oldestParkedMs).toBeGreaterThan(9_000)
    else expect(waits.oldestParkedMs).toBe(0)
    // whoever comes after it knows as much
    await world.while(running.stop())
    service.isWell = true
    const next = await world.run('p', pipeline, { onError })
    await world.pass(1_000)
    expect(await metricsOf(next)).toMatchObject({ ...expected, waiting: waiting + 1 })
    await world.pass(60_000)
    const after = await metricsOf(next)
    expect(after).toMatchObject({ waiting: 0, parkedNow: 0, parkedKeys: 0, overdueMs: 0, oldestParkedMs: 0 })
    const tried = ordered ? 2 : 3
    expect(after.attempts[1]).toBe(tried)
    expect(after.latenessMs.reduce((sum, one) => sum + one, 0)).toBe(tried)
    await world.while(next.stop())
  })
})
