import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import { takeInstance } from '../../src/pipeline/instance.ts'
import { EmbeddedWorld } from './embedded-world.ts'

/** Names are taken for one; nothing is asked of it. */
const anEngine = (): Engine => ({}) as Engine

/** Takes a name in a process of its own, unless it is said in which. */
const take = (engine: Engine, name: string, wanted?: string, clientId = 'shop') =>
  takeInstance(engine, name, { wanted, clientId })

describe('the name of an instance', () => {
  it('is taken once at a time, and free again after', () => {
    const engine = anEngine()
    const first = take(engine, 'p', 'a')
    expect(() => take(engine, 'p', 'a')).toThrow("pipeline 'p' is running as instance 'a' already")
    first.release()
    expect(take(engine, 'p', 'a').instance).toBe('a')
  })

  it('stands for a pipeline of an engine: another may have an instance of that name', () => {
    const engine = anEngine()
    for (const [of, name] of [
      [engine, 'p'],
      [engine, 'q'],
      [anEngine(), 'p'],
    ] as const)
      expect(take(of, name, 'a').instance).toBe('a')
  })

  it('is the client id and the lowest number that is free where none is given, whatever came and went', () =>
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(5)), { maxLength: 30 }), (releases) => {
        const engine = anEngine()
        const taken: { readonly instance: string; readonly release: () => void }[] = []
        for (const leaves of releases) {
          if (leaves === null) {
            const inUse = taken.map(({ instance }) => instance)
            const free = Array.from({ length: inUse.length + 1 }, (_, n) => `shop/${n}`).find((n) => !inUse.includes(n))
            const next = take(engine, 'p')
            expect(next.instance).toBe(free)
            taken.push(next)
          } else if (leaves < taken.length) for (const { release } of taken.splice(leaves, 1)) release()
        }
      }),
      { numRuns: 100 },
    ))

  it('is refused to a second run, which leaves the first alone, and given to the next', async () => {
    const input = topic('in', { key: text, value: int32 })
    const world = new EmbeddedWorld()
    await world.open()
    await world.create([input], 1)
    const pipeline = { topics: [input], operators: [] }
    const first = await world.run('p', pipeline, { instance: 'a' })
    await expect(world.run('p', pipeline, { instance: 'a' })).rejects.toThrow(/instance 'a' already/)
    await world.append(input, 0, [{ key: 'k', value: 1 }])
    await world.caughtUp(first)
    await world.while(first.stop())
    const next = await world.run('p', pipeline, { instance: 'a' })
    await world.while(next.stop())
  })
})
