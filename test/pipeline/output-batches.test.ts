import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { to } from '../../operators/to.ts'
import { readRecords } from '../../src/batch/read-records.ts'
import { fieldsBytes } from '../../src/batch/record-fields.ts'
import { noHeaders } from '../../src/batch/record-headers.ts'
import { nullable } from '../../src/codec/nullable.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { DonePrefix } from '../../src/pipeline/done-prefix.ts'
import { OutputBatches } from '../../src/pipeline/output-batches.ts'
import type { OutputTopic } from '../../src/pipeline/run-topics.ts'
import { TaskOutputs } from '../../src/pipeline/task-outputs.ts'
import { rightOf } from '../support/right-of.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: nullable(text), value: int32 })
const out = topic('out', { key: nullable(text), value: int32 })
const tasks = 3

/** What `task` has done: keyless values of so many bytes each, told apart by their timestamps. */
const doneBy = (task: number, sink: OutputTopic, sizes: readonly number[]): DonePrefix => {
  const outputs = new TaskOutputs(task)
  for (const [at, size] of sizes.entries()) {
    const value = new Uint8Array(size)
    const fields = fieldsBytes(null, value, noHeaders)
    outputs.add(sink, null, -1, value, size, noHeaders, 1_000 * task + at, fields)
  }
  return { outputs, writes: [], positions: new Map(), records: sizes.length, bytes: 0 }
}

describe('what several tasks have done', () => {
  it('is written whole, each task in its order, in batches that their topic takes now, small ones put together', () =>
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.constantFrom(10, 10, 5_000, 30_000), { maxLength: 12 }), { maxLength: 5 }),
        fc.constantFrom(31_000, 100_000),
        (done, limitNow) => {
          const topics = { outputs: new Map<string, OutputTopic>(), changelogs: new Map(), tasks }
          const sink: OutputTopic = { topic: 'out', partitions: 2, recordBytesMax: 100_000, compression: 'none' }
          topics.outputs.set('out', sink)
          const prefixes = done.map((sizes, task) => doneBy(task, sink, sizes))
          sink.recordBytesMax = limitNow
          const write = () => {
            const batches = new OutputBatches(topics)
            for (const [task, prefix] of prefixes.entries()) batches.add(task, prefix, 0)
            return batches.build()
          }
          const built = write()
          const found: number[][] = [[], []]
          for (const { partition, bytes } of built) {
            expect(bytes.length).toBeLessThanOrEqual(limitNow)
            rightOf(readRecords(bytes, ({ timestamp }) => void found[partition]?.push(timestamp)))
          }
          const expected: number[][] = [[], []]
          for (const [task, sizes] of done.entries())
            expected[task % 2]?.push(...sizes.map((_, at) => 1_000 * task + at))
          expect(found).toEqual(expected)
          // a commit that is made again writes the same
          const spelled = (all: typeof built) => all.map((one) => Buffer.from(one.bytes).toString('latin1')).join()
          expect(spelled(write()) === spelled(built)).toBe(true)
          if (done.flat().every((size) => size === 10)) expect(built.length).toBeLessThanOrEqual(2)
        },
      ),
    ))
})

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
