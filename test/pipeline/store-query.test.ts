import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { Running } from '../../src/pipeline/run.ts'
import { keyedPartition } from '../../src/protocol/client/partitioner.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const sums = store('sums', { key: text, value: int32 })
const summing = (...more: unknown[]) => ({
  topics: [input],
  operators: [scanByKey(sums, 0, (sum, value: number) => sum + value), ...more] as unknown as Operators,
})
const keys = Array.from({ length: 20 }, (_, at) => `k${at}`)
const homeOf = (key: string): number => keyedPartition(text.encode(key) as Uint8Array, 2)

const opened = async (): Promise<EmbeddedWorld> => {
  const world = new EmbeddedWorld()
  await world.open()
  await world.create([input], 2)
  for (let partition = 0; partition < 2; partition++)
    await world.append(
      input,
      partition,
      keys.filter((key) => homeOf(key) === partition).map((key) => ({ key, value: Number(key.slice(1)) })),
    )
  return world
}
const all = async (world: EmbeddedWorld, running: Running) => {
  const found: string[] = []
  const reading = (async () => {
    for await (const [key, value] of running.store(sums).entries()) found.push(`${key}=${value}`)
  })()
  await world.while(reading)
  return found.sort()
}

describe('a store of a running pipeline', () => {
  it('is read by key and as a whole, and says what it has not', async () => {
    const world = await opened()
    const running = await world.run('p', summing())
    await world.caughtUp(running)
    const query = running.store(sums)
    expect(query.get('k7')).toEqual({ _tag: 'found', value: 7 })
    expect(query.get('none')).toEqual({ _tag: 'none' })
    expect(query.tasks()).toEqual([0, 1])
    expect(await all(world, running)).toEqual(keys.map((key) => `${key}=${key.slice(1)}`).sort())
    expect(() => running.store(store('other', { key: text, value: int32 }))).toThrow(
      "takes a store that pipeline 'p' uses ('sums'), and not store 'other'",
    )
    await world.while(running.stop())
    expect(query.get('k7')).toMatchObject({ _tag: 'elsewhere' })
  })

  it('shows what is committed, and not what a commit is still to take through', async () => {
    const world = await opened()
    const hanging = mapAsync((value: number) =>
      value === 4 ? new Promise<number>(() => undefined) : Promise.resolve(value),
    )
    const running = await world.run('p', summing(hanging), { concurrency: 10 })
    await world.pass(2_000)
    const behind = keys.filter((key) => homeOf(key) === homeOf('k4') && Number(key.slice(1)) > 4)
    expect(behind.length).toBeGreaterThan(2)
    for (const key of ['k4', ...behind]) expect(running.store(sums).get(key)).toEqual({ _tag: 'none' })
    const before = keys.filter((key) => !behind.includes(key) && key !== 'k4')
    for (const key of before) expect(running.store(sums).get(key)).toMatchObject({ _tag: 'found' })
    await world.while(running.stop({ timeoutMs: 10 }))
  })

  it('of an instance with some of the tasks, knows those and says where the others are', async () => {
    const world = await opened()
    const first = await world.run('p', summing())
    await world.caughtUp(first)
    const second = await world.run('p', summing())
    await world.pass(10_000)
    const [a, b] = [first.store(sums), second.store(sums)]
    expect([...a.tasks(), ...b.tasks()].sort()).toEqual([0, 1])
    for (const key of keys) {
      const [here, there] = a.tasks().includes(homeOf(key)) ? [a, b] : [b, a]
      expect(here.get(key)).toEqual({ _tag: 'found', value: Number(key.slice(1)) })
      expect(there.get(key)).toEqual({ _tag: 'elsewhere', task: homeOf(key) })
    }
    expect([...(await all(world, first)), ...(await all(world, second))].sort()).toEqual(
      keys.map((key) => `${key}=${key.slice(1)}`).sort(),
    )
    await world.while(Promise.all([first.stop(), second.stop()]))
  })

  it('says so where its task goes elsewhere while it is read', async () => {
    const world = await opened()
    const running = await world.run('p', summing())
    await world.caughtUp(running)
    const reading = running.store(sums).entries()
    expect((await world.while(reading.next())).done).toBe(false)
    await world.while(running.stop())
    const rest = (async () => {
      for (let next = await reading.next(); next.done !== true; ) next = await reading.next()
    })()
    await expect(world.while(rest)).rejects.toMatchObject({ code: 'closed' })
  })
})
