import { describe, expect, it } from 'vitest'
import { mapValue } from '../../operators/map-value.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { OrderUnknown } from '../../src/pipeline/attempt-errors.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { retryLater } from '../../src/pipeline/retry-later.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const done = topic('done', { key: text, value: int32 })

const opened = async (ordered: boolean) => {
  const world = new EmbeddedWorld(1)
  await world.open()
  await world.create([input, done], 2)
  const tried: { readonly value: number; readonly atMs: number }[] = []
  const service = { isWell: false }
  const operators = [
    mapValue((value: number) => {
      tried.push({ value, atMs: world.clock.now() })
      if (!service.isWell) throw new Error('away')
      return value
    }),
    to(done),
  ] as unknown as Operators
  const run = (instance: string, tier: '5s' | '9s', isOrdered = ordered) =>
    world.run(
      'p',
      { topics: [input], operators },
      { instance, onError: retryLater({ tiers: [tier], ordered: isOrdered, exhausted: 'halt', jitter: 0 }) },
    )
  const send = async (...values: readonly number[]): Promise<void> => {
    for (const value of values) await world.append(input, value % 2, [{ key: `k${value % 2}`, value }])
    world.disk.settle()
  }
  const isDone = async () => (await world.committed(done, 2)).flat().length
  return { world, tried, service, run, send, isDone }
}

describe('versions of a pipeline with other tiers, side by side', () => {
  it.each([false, true])('lose nothing, and try nothing again too early: ordered %s', async (ordered) => {
    const { world, tried, service, run, send, isDone } = await opened(ordered)
    const old = await run('old', '5s')
    await send(0, 1)
    await world.pass(1_000)
    const next = await run('next', '9s')
    await send(2, 3)
    await world.pass(1_000)
    service.isWell = true
    await world.pass(6_000)
    const soFar = await isDone()
    // the old one goes, and what waits comes in all the same
    await world.while(old.stop())
    await world.pass(12_000)
    expect(soFar).toBeGreaterThanOrEqual(2)
    const lines = (await world.committed(done, 2)).flat().map((line) => line.slice(line.indexOf('=') + 1))
    expect(lines.sort()).toEqual(['0', '1', '2', '3'])
    for (const value of [0, 1, 2, 3]) {
      const [first, second] = tried.filter((one) => one.value === value)
      if (first !== undefined && second !== undefined) expect(second.atMs - first.atMs).toBeGreaterThanOrEqual(5_000)
    }
    await world.while(next.stop())
  })

  it('where the new one goes again, what waits in its tier waits until an old one begins anew', async () => {
    const { world, service, run, send, isDone } = await opened(false)
    const old = await run('old', '5s')
    const next = await run('next', '9s')
    await world.pass(1_000)
    await send(0, 1)
    await world.pass(1_000)
    await world.while(next.stop())
    service.isWell = true
    await send(2, 3)
    await world.pass(20_000)
    expect(await isDone()).toBe(2)
    await world.while(old.stop())
    const again = await run('old', '5s')
    await world.pass(2_000)
    expect(await isDone()).toBe(4)
    await world.while(again.stop())
  })

  it('of which the new one alone keeps order: it alone has tasks, and the old one ends by name where it goes again', async () => {
    const { world, service, run, send, isDone } = await opened(false)
    const old = await run('old', '5s')
    const ended = old.done.catch((error: unknown) => error)
    await world.pass(1_000)
    const next = await run('next', '5s', true)
    await world.pass(2_000)
    await send(0, 1, 2, 3)
    await world.pass(1_000)
    await world.while(next.stop())
    service.isWell = true
    await world.pass(10_000)
    expect(await world.while(ended)).toBeInstanceOf(OrderUnknown)
    expect(await isDone()).toBe(0)
    const again = await run('old', '5s')
    await world.pass(10_000)
    await world.while(again.stop())
    const values = (await world.committed(done, 2)).flat().map((line) => line.slice(line.indexOf('=') + 1))
    const ofKey = (rest: number) => values.filter((value) => Number(value) % 2 === rest)
    expect([values.length, ofKey(0), ofKey(1)]).toEqual([4, ['0', '2'], ['1', '3']])
  })
})
