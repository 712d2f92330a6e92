import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { Carrier } from '../../src/contracts/carrier.ts'
import { mapEach } from '../../src/contracts/probe.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import type { Barrier, Tier, Waiting } from '../../src/contracts/tier.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { rightOf } from '../support/right-of.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const partitions = 2
/** Says how long it waits, in ms: where, and until when, follows from that. */
const input = topic('in', { key: text, value: text, config: { 'message.timestamp.type': 'LogAppendTime' } })
const out = topic('out', { key: text, value: text })
const done = store('done', { key: text, value: text })

const dueAt = ({ headers }: Waiting): number => Number(Buffer.from(headers.get('due') ?? []).toString())
const tierOf = (name: string, order: Tier['order']): Tier => ({
  topic: topic(name, { key: text, value: text }),
  order,
  dueAt,
})
const [short, long, near] = [tierOf('p--short', 'due'), tierOf('p--long', 'due'), tierOf('p--near', 'mixed')]
const tiers = [short, long, near]
const waitsIn = (ms: number): Tier => (ms === 500 ? short : ms === 3_000 ? long : near)

/** Puts what comes in where it waits, and writes what comes from there to `out`, once: its key, due when, and when it was. */
const waiting = (): { readonly operators: Operators; readonly barrier: Barrier } => {
  const overdue = new Set<number>()
  const needs = [
    { _tag: 'output', topic: out } as const,
    { _tag: 'store', store: done } as const,
    ...tiers.map((tier) => ({ _tag: 'output', topic: tier.topic }) as const),
  ]
  const operator = mapEach((record: StreamRecord<string, string>) => {
    const carrier = Carrier.of(record) as Carrier
    const { key, timestamp } = record
    if (record.topic === 'in') {
      const waitMs = Number(record.value)
      const due = timestamp + waitMs
      if (due > timestamp && due <= carrier.now()) overdue.add(record.partition)
      const headers = new Map([['due', Buffer.from(String(due))]])
      carrier.emit(waitsIn(waitMs).topic, { key, value: String(due), headers, timestamp })
      return record
    }
    const view = carrier.store(done, record)
    if (view.get() !== undefined) return record
    view.set('done')
    carrier.emit(out, { key, value: `${record.value}@${carrier.now()}`, headers: new Map(), timestamp })
    return record
  }, needs)
  const takeOverdue = (task: number): boolean => overdue.delete(task)
  return { operators: [operator] as unknown as Operators, barrier: { takeOverdue } }
}

interface Fired {
  readonly key: string
  readonly due: number
  readonly at: number
}

const firedIn = async (world: EmbeddedWorld): Promise<readonly (readonly Fired[])[]> =>
  (await world.committed(out, partitions)).map((lines) =>
    lines.map((line) => {
      const [, key = '', due, at] = /^(.*)="(\d+)@(\d+)"$/.exec(line) ?? []
      return { key, due: Number(due), at: Number(at) }
    }),
  )

const waits = fc.oneof(fc.constantFrom(500, 3_000), fc.integer({ min: 1, max: 4_000 }))
const inputs = fc.array(fc.tuple(fc.nat(partitions - 1), waits), { minLength: 1, maxLength: 40 })

const start = async (seed: number, list: readonly (readonly [number, number])[]): Promise<EmbeddedWorld> => {
  const world = new EmbeddedWorld(seed)
  await world.open()
  await world.create([input, out], partitions)
  for (const [at, [partition, waitMs]] of list.entries())
    await world.append(input, partition, [{ key: `k${at}`, value: String(waitMs) }])
  world.disk.settle()
  return world
}

const isSorted = (list: readonly Fired[]): boolean =>
  list.every(({ due }, at) => at === 0 || due >= (list[at - 1]?.due ?? 0))

describe('tiers', () => {
  it('let each record in once it is due, never before, and soon after', () =>
    fc.assert(
      fc.asyncProperty(inputs, fc.nat(1_000), async (list, seed) => {
        const world = await start(seed, list)
        const { operators, barrier } = waiting()
        const running = await world.run('p', { topics: [input], operators }, {}, { tiers, barrier })
        const startedAt = world.clock.now()
        await world.pass(4_500)
        await world.while(running.stop())
        const fired = (await firedIn(world)).flat()
        expect(fired.map(({ key }) => key).sort()).toEqual(list.map((_, at) => `k${at}`).sort())
        for (const { due, at } of fired) {
          expect(at).toBeGreaterThanOrEqual(due)
          expect(at).toBeLessThan(Math.max(due, startedAt + 200) + 50)
        }
      }),
      { numRuns: 25 },
    ))

  it('let them in by their time, over all tiers, where nobody ran for long', () =>
    fc.assert(
      fc.asyncProperty(inputs, fc.boolean(), fc.nat(1_000), async (list, isHalfway, seed) => {
        const world = await start(seed, list)
        const run = () => {
          const { operators, barrier } = waiting()
          // little by little: what is due first may be read last
          return world.run('p', { topics: [input], operators }, { fetchBytesMax: 150 }, { tiers, barrier })
        }
        if (isHalfway) {
          const before = await run()
          await world.while(before.caughtUp())
          await world.while(before.stop())
        }
        world.clock.step(60_000)
        const running = await run()
        await world.pass(3_000)
        await world.while(running.stop())
        const fired = await firedIn(world)
        expect(fired.flat().length).toBe(list.length)
        for (const partition of fired)
          for (let task = 0; task < partitions; task++) {
            const ofTask = partition.filter(({ key, at }) => at >= 1_700_000_060_000 && isOf(key, task))
            expect(ofTask).toSatisfy(isSorted)
          }

        function isOf(key: string, task: number): boolean {
          return list[Number(key.slice(1))]?.[0] === task
        }
      }),
      { numRuns: 40 },
    ))

  const crashes = fc.array(
    fc.record({ after: fc.integer({ min: 1, max: 80 }), how: fc.constantFrom('power', 'kill') }),
    { maxLength: 4 },
  )
  it('keep each record once, wherever the process dies or the power goes, and whatever the clock says', () =>
    fc.assert(
      fc.asyncProperty(
        inputs,
        crashes,
        fc.integer({ min: -5_000, max: 5_000 }),
        fc.nat(1_000),
        async (list, all, stepMs, seed) => {
          const world = await start(seed, list)
          const run = () => {
            const { operators, barrier } = waiting()
            return world.run('p', { topics: [input], operators }, {}, { tiers, barrier })
          }
          for (const { after, how } of all) {
            world.disk.crash = how as 'power' | 'kill'
            world.disk.crashAt = world.disk.operations + after
            await run().catch(() => undefined)
            await world.pass(800)
            world.disk.die()
            await world.open()
          }
          const running = await run()
          await world.pass(500)
          world.clock.step(stepMs)
          await world.pass(12_000)
          await world.while(running.stop())
          const fired = (await firedIn(world)).flat()
          expect(fired.map(({ key }) => key).sort()).toEqual(list.map((_, at) => `k${at}`).sort())
          for (const { due, at } of fired) expect(at).toBeGreaterThanOrEqual(due)
        },
      ),
      { numRuns: 25 },
    ))

  it.each([false, true])(
    'are emptied behind what is committed, and so is what the pipeline owns: %s',
    async (ownsTopics) => {
      const world = await start(1, [
        [0, 500],
        [0, 3_000],
        [0, 200_000],
        [1, 1],
      ])
      const { operators, barrier } = waiting()
      const running = await world.run('p', { topics: [input], operators }, {}, { tiers, barrier, ownsTopics })
      await world.pass(125_000)
      const oldest = async (topic: string, partition: number): Promise<number> => {
        const asked = world.live.reader.offsets([{ topic, partition, at: 'earliest' }], 'read_committed')()
        return rightOf(await world.while(asked))[0]?.offset ?? -1
      }
      expect(await oldest(short.topic.name, 0)).toBeGreaterThan(0)
      expect(await oldest(long.topic.name, 0)).toBeGreaterThan(0)
      // what waits there is not due yet
      expect(await oldest(near.topic.name, 0)).toBe(0)
      expect(await oldest(near.topic.name, 1)).toBeGreaterThan(0)
      expect((await oldest('in', 0)) > 0).toBe(ownsTopics)
      await world.while(running.stop())
    },
  )
})
