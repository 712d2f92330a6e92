import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapValue } from '../../operators/map-value.ts'
import { to } from '../../operators/to.ts'
import { deadLetters } from '../../src/codec/dead-letters.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { deadLetter } from '../../src/pipeline/dead-letter-policy.ts'
import { retryLater } from '../../src/pipeline/retry-later.ts'
import type { Running } from '../../src/pipeline/run.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const done = topic('done', { key: text, value: int32 })
const dead = deadLetters('dead', { partitions: 2 })
const partitions = 2
const keys = ['k', 'l', 'm', 'n']

interface Fate {
  readonly key: number
  readonly failures: number
}

const runs = fc.record({
  fates: fc.array(
    fc.record({
      key: fc.nat(keys.length - 1),
      failures: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 })),
    }),
    { minLength: 1, maxLength: 20 },
  ),
  crashes: fc.array(fc.record({ after: fc.integer({ min: 1, max: 90 }), how: fc.constantFrom('power', 'kill') }), {
    maxLength: 3,
  }),
  ordered: fc.boolean(),
  isExhaustible: fc.boolean(),
  concurrency: fc.constantFrom(1, 3),
  seed: fc.nat(1_000),
})

/** A service that fails for each record so often, whoever asks and however often the process dies. */
class Service {
  readonly #left: number[]
  constructor(fates: readonly Fate[]) {
    this.#left = fates.map(({ failures }) => failures)
  }
  call(number: number): void {
    const left = this.#left[number] as number
    if (left === 0) return
    this.#left[number] = left - 1
    throw new Error(`busy ${number}`)
  }
}

const numberOf = (shown: string): number => Number(shown.slice(shown.indexOf('=') + 1))

describe('retryLater on a disk', () => {
  it('shows each record once, in the order of its key where that is asked for, wherever the process dies', () =>
    fc.assert(
      fc.asyncProperty(runs, async ({ fates, crashes, ordered, isExhaustible, concurrency, seed }) => {
        const world = new EmbeddedWorld(seed)
        await world.open()
        await world.create([input, done, dead], partitions)
        for (let partition = 0; partition < partitions; partition++)
          await world.append(
            input,
            partition,
            fates.flatMap(({ key }, number) =>
              key % partitions === partition ? [{ key: keys[key] as string, value: number }] : [],
            ),
          )
        world.disk.settle()
        const service = new Service(fates)
        const run = (): Promise<Running> => {
          return world.run(
            'p',
            {
              topics: [input],
              operators: [
                mapValue((number: number) => {
                  service.call(number)
                  return number
                }),
                to(done),
              ] as unknown as Operators,
            },
            {
              concurrency,
              onError: retryLater({
                tiers: isExhaustible ? ['50ms'] : ['50ms', '200ms', '50ms'],
                ordered,
                exhausted: deadLetter(dead),
              }),
            },
          )
        }
        for (const { after, how } of crashes) {
          world.disk.crash = how
          world.disk.crashAt = world.disk.operations + after
          const running = await run().catch(() => undefined)
          if (running !== undefined) await world.pass(400)
          world.disk.die()
          await world.open()
        }
        world.disk.crashAt = Number.POSITIVE_INFINITY
        const running = await run()
        await world.caughtUp(running)
        await world.pass(3_000)
        const successes = await world.committed(done, partitions)
        const given = await world.committed(dead, partitions)
        await world.while(running.stop())
        const numbers = successes.flat().map(numberOf)
        const letters = given.flat().length
        expect(numbers.length + letters).toBe(fates.length)
        expect(new Set(numbers).size).toBe(numbers.length)
        if (crashes.length === 0)
          expect(letters).toBe(isExhaustible ? fates.filter(({ failures }) => failures > 1).length : 0)
        if (ordered)
          for (const [key] of keys.entries()) {
            const ofKey = numbers.filter((number) => fates[number]?.key === key)
            expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b))
          }
      }),
      { numRuns: 30 },
    ))
})
