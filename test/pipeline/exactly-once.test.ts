import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { EmbeddedWorld } from './embedded-world.ts'
import { asyncOperatorsOf, World } from './random-pipeline.ts'

const input = topic('in', { key: text, value: int32 })
const sums = topic('sums', { key: text, value: int32 })
const total = store('total', { key: text, value: int32 })
const partitions = 2

const keys = ['k', 'l', 'm', 'n', 'o']
const records = fc.array(fc.tuple(fc.nat(keys.length - 1), fc.integer({ min: 1, max: 99 })), {
  minLength: 1,
  maxLength: 30,
})

/** After how many operations of the disk it dies, and how; then a new process goes on. */
const crashes = fc.array(fc.record({ after: fc.integer({ min: 1, max: 60 }), how: fc.constantFrom('power', 'kill') }), {
  maxLength: 4,
})

const runs = fc.record({
  list: records,
  crashes,
  concurrency: fc.constantFrom(1, 3),
  isFast: fc.boolean(),
  salt: fc.nat(7),
  seed: fc.nat(1_000),
})

/** What each key's sums are, one after the other. */
const expected = (list: readonly (readonly [number, number])[]): Map<string, number[]> => {
  const sumsOf = new Map<string, number[]>()
  for (const [key, value] of list) {
    const before = sumsOf.get(keys[key] as string) ?? []
    sumsOf.set(keys[key] as string, [...before, (before.at(-1) ?? 0) + value])
  }
  return sumsOf
}

describe('exactly once', () => {
  it('shows each record once, its state counted once, wherever the process dies or the power goes', () =>
    fc.assert(
      fc.asyncProperty(runs, async ({ list, crashes, concurrency, isFast, salt, seed }) => {
        const world = new EmbeddedWorld(seed)
        await world.open()
        await world.create([input, sums], partitions)
        for (let partition = 0; partition < partitions; partition++)
          await world.append(
            input,
            partition,
            list
              .filter(([key]) => key % partitions === partition)
              .map(([key, value]) => ({ key: keys[key] as string, value })),
          )
        world.disk.settle()
        const services = new World()
        const operators = (): Operators => {
          const work = [scanByKey(total, 0, (sum, value: number) => sum + value), to(sums)] as unknown as Operators
          return isFast
            ? work
            : [...asyncOperatorsOf([['flaky', 1]], world.clock, salt, services).slice(0, -1), ...work]
        }
        for (const { after, how } of crashes) {
          world.disk.crash = how
          world.disk.crashAt = world.disk.operations + after
          const running = await world
            .run('p', { topics: [input], operators: operators() }, { concurrency })
            .catch(() => undefined)
          if (running !== undefined) await world.caughtUp(running).catch(() => undefined)
          world.disk.die()
          await world.open()
        }
        const running = await world.run('p', { topics: [input], operators: operators() }, { concurrency })
        await world.caughtUp(running)
        await world.while(running.stop())
        const found = new Map<string, number[]>()
        for (const line of (await world.committed(sums, partitions)).flat()) {
          const [key = '', value] = line.split('=')
          found.set(key, [...(found.get(key) ?? []), Number(value)])
        }
        expect(found).toEqual(expected(list))
        await world.while(world.live.close()())
      }),
      { numRuns: 60 },
    ))
})
