import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { to } from '../../operators/to.ts'
import { nullable } from '../../src/codec/nullable.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: nullable(text), value: int32 })
const out = topic('out', { key: nullable(text), value: int32 })
const tasks = 3

describe('an output without a key', () => {
  it('goes to the partition of its task’s number, as far as there is one, in its task’s order', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(tasks - 1), { maxLength: 20 }),
        fc.constantFrom('exactly-once', 'at-least-once', 'at-most-once'),
        fc.integer({ min: 1, max: tasks + 1 }),
        async (partitionOf, guarantee, partitions) => {
          const world = new EmbeddedWorld()
          await world.open()
          await world.create([input], tasks)
          await world.create([out], partitions)
          const sent = Array.from({ length: tasks }, (_, task) =>
            partitionOf.flatMap((partition, value) => (partition === task ? [{ key: null, value }] : [])),
          )
          for (const [task, records] of sent.entries()) await world.append(input, task, records)
          const operators = [to(out)] as unknown as Operators
          const running = await world.run('p', { topics: [input], operators }, { guarantee })
          await world.caughtUp(running)
          await world.while(running.stop())
          const found = await world.committed(out, partitions)
          for (const [task, records] of sent.entries()) {
            const lines = records.map(({ value }) => `-=${value}`)
            expect(found[task % partitions]?.filter((line) => lines.includes(line))).toEqual(lines)
          }
          expect(found.flat()).toHaveLength(partitionOf.length)
        },
      ),
      { numRuns: 20 },
    ))
})
