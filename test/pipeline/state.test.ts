import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distinctByKey } from '../../operators/distinct-by-key.ts'
import { mapValue } from '../../operators/map-value.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { bytes } from '../../src/codec/bytes.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Codec } from '../../src/contracts/codec.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import type { Described } from '../../src/pipeline/plan.ts'
import type { Running } from '../../src/pipeline/run.ts'
import { restore } from '../../src/store/changelog.ts'
import { memoryStore } from '../../src/store/memory-store.ts'
import { StateUnreadable } from '../../src/store/state-unreadable.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })
const total = store('total', { key: text, value: int32 })
const { signal } = new AbortController()

const piped = (...operators: unknown[]): Described => ({ topics: [input], operators: operators as Operators })
const heard = (running: Running): Notice[] => {
  const notices: Notice[] = []
  running.errors$.subscribe((notice) => notices.push(notice))
  return notices
}

/** What a task would find that restored the store now: how many keys, and how many of them still there. */
const restored = async (world: EmbeddedWorld, changelog: string, partition = 0) => {
  const state = memoryStore()
  await world.while(restore({ engine: world.live, at: { topic: changelog, partition }, state, signal }))
  return state
}

const opened = async (): Promise<EmbeddedWorld> => {
  const world = new EmbeddedWorld()
  await world.open()
  await world.create([input, out], 1)
  return world
}

describe('what a key was set to for some time', () => {
  it('leaves the store and the changelog when that is over, whether records come or not', async () => {
    const world = await opened()
    const distinct = distinctByKey((value: number) => String(value), { within: '10s' })
    const send = (from: number, count: number) =>
      world.append(
        input,
        0,
        Array.from({ length: count }, (_, at) => ({ key: `k${at % 7}`, value: from + at })),
      )
    await send(0, 2_500)
    await send(0, 2_500)
    const running = await world.run('p', piped(distinct, to(out)))
    await world.caughtUp(running)
    expect((await world.committed(out, 1)).flat()).toHaveLength(2_500)
    expect((await restored(world, 'p--distinct-changelog')).size()).toBe(2_500)
    await world.pass(12_000)
    expect((await restored(world, 'p--distinct-changelog')).size()).toBe(0)
    await send(0, 5)
    await world.caughtUp(running)
    expect((await world.committed(out, 1)).flat()).toHaveLength(2_505)
    await world.while(running.stop())
  })

  it('is there until then across restarts, and not a moment longer', async () => {
    const world = await opened()
    const pipeline = piped(distinctByKey(String, { within: '1h' }), to(out))
    const seen = async (afterMs: number) => {
      world.clock.step(afterMs)
      const running = await world.run('p', pipeline)
      await world.append(input, 0, [{ key: 'k', value: 1 }])
      await world.caughtUp(running)
      await world.while(running.stop())
      return (await world.committed(out, 1)).flat().length
    }
    expect(await seen(0)).toBe(1)
    expect(await seen(3_500_000)).toBe(1)
    expect(await seen(120_000)).toBe(2)
    expect(await seen(0)).toBe(2)
  })

  it('does not keep out the record that failed after it was let through', async () => {
    const world = await opened()
    let failures = 0
    const flaky = mapValue((value: number) => {
      if (failures++ < 3) throw new Error('not yet')
      return value
    })
    await world.append(input, 0, [{ key: 'k', value: 1 }])
    const running = await world.run('p', piped(distinctByKey(String, { within: '1h' }), flaky, to(out)))
    await world.caughtUp(running)
    expect((await world.committed(out, 1)).flat()).toEqual(['k=1'])
    await world.while(running.stop())
  })

  it('is refused from a second operator that would take the first one’s memory for its own', async () => {
    const world = await opened()
    const twice = piped(distinctByKey(String, { within: '1h' }), distinctByKey(String, { within: '1h' }), to(out))
    await expect(world.run('p', twice)).rejects.toThrow("named 'distinct', of which one operator's is its own")
  })
})

describe('a store that was declared otherwise', () => {
  const last = (value: Codec<string> | Codec<number>) => {
    const declared = store('last', { key: text, value: value as Codec<unknown> })
    return scanByKey(declared, value === text ? '' : 0, (_, v: number) => (value === text ? `v${v}` : v))
  }
  const counting = (value: Codec<string> | Codec<number>) =>
    piped(
      last(value),
      mapValue(() => 1),
      to(out),
    )

  it('holds its task up, whatever onError says, and goes on under the declaration that reads it', async () => {
    const world = await opened()
    await world.append(input, 0, [{ key: 'k', value: 1 }])
    const first = await world.run('p', counting(text))
    await world.caughtUp(first)
    await world.while(first.stop())

    await world.append(input, 0, [{ key: 'k', value: 2 }])
    const second = await world.run('p', counting(int32), { onError: 'skip' })
    const notices = heard(second)
    await world.pass(2_000)
    expect(notices.length).toBeGreaterThan(1)
    expect(notices[0]).toMatchObject({
      recordId: 'in-0-1',
      policy: 'halt, whatever onError says',
      error: { _tag: 'StateUnreadable', store: 'last', pipeline: 'p', codec: 'int32' },
    })
    expect(notices[0]?.message).toMatch(
      /store 'last' of pipeline 'p' holds a value that is not int32, under key "k": .*Declare it so again, or give the new declaration another name/,
    )
    expect(() => second.store(store('last', { key: text, value: int32 })).get('k')).toThrow(StateUnreadable)
    await world.while(second.stop())
    expect((await world.committed(out, 1)).flat()).toHaveLength(1)

    const third = await world.run('p', counting(text))
    await world.caughtUp(third)
    expect(third.store(store('last', { key: text, value: text })).get('k')).toEqual({ _tag: 'found', value: 'v2' })
    await world.while(third.stop())
  })

  it('is named with keys that are no text, too', () => {
    const error = { codec: 'int32', report: ['3 bytes'] }
    const key = Uint8Array.of(255, 1)
    const unreadable = new StateUnreadable({ store: 's', pipeline: 'p', part: 'key', key, error })
    expect(unreadable.message).toContain('holds a key that is not int32, under key 0xff01: 3 bytes')
  })
})

describe('a store that is full', () => {
  const small = store('small', { key: text, value: bytes, maxBytes: 400, expireAfter: '20s' })
  const keeping = scanByKey(small, new Uint8Array(), () => new Uint8Array(100))
  const records = Array.from({ length: 5 }, (_, at) => ({ key: `k${at}`, value: at }))

  it('holds its task up, loudly, whatever onError says, and goes on once keys have expired', async () => {
    const world = await opened()
    await world.append(input, 0, records)
    const running = await world.run(
      'p',
      piped(
        keeping,
        mapValue(() => 1),
        to(out),
      ),
      { onError: 'skip' },
    )
    const notices = heard(running)
    await world.pass(5_000)
    expect((await world.committed(out, 1)).flat()).toHaveLength(2)
    expect(notices.length).toBeGreaterThan(2)
    expect(notices[0]).toMatchObject({
      _tag: 'record-failed',
      recordId: 'in-0-2',
      policy: 'halt, whatever onError says',
      error: { _tag: 'StateStoreFull', store: 'small', pipeline: 'p', task: 0, maxBytes: 400 },
    })
    expect(notices[0]?.message).toContain(
      "store 'small' of pipeline 'p' would take 450 bytes for task 0, and its bound is 400: raise maxBytes where it is declared",
    )
    await world.caughtUp(running)
    expect((await world.committed(out, 1)).flat()).toHaveLength(5)
    await world.while(running.stop())
  })

  it('takes what is smaller, and removals, and ends the run where its changelog holds more than it may', async () => {
    const world = await opened()
    await world.append(input, 0, records.slice(0, 2))
    const running = await world.run(
      'p',
      piped(
        keeping,
        mapValue(() => 1),
        to(out),
      ),
    )
    await world.caughtUp(running)
    await world.while(running.stop())
    const smaller = store('small', { key: text, value: bytes, maxBytes: 200, expireAfter: '20s' })
    const again = await world.run(
      'p',
      piped(
        scanByKey(smaller, new Uint8Array(), () => new Uint8Array(1)),
        to(out),
      ),
    )
    await expect(world.while(again.done)).rejects.toThrow("store 'small' of pipeline 'p' would take")
  })
})

const keys = ['k', 'l', 'm', 'n', 'o']
const partitions = 2
const events = fc.array(
  fc.record({
    what: fc.constantFrom('power', 'kill', 'another', 'stop'),
    after: fc.integer({ min: 1, max: 60 }),
  }),
  { maxLength: 5 },
)
const lives = fc.record({
  list: fc.array(fc.tuple(fc.nat(keys.length - 1), fc.integer({ min: 0, max: 20 })), { minLength: 1, maxLength: 30 }),
  events,
  concurrency: fc.constantFrom(1, 3),
  failing: fc.integer({ min: 2, max: 5 }),
  snapshotBytes: fc.constantFrom(1, 60, 1e9),
  seed: fc.nat(1_000),
})

describe('state', () => {
  it('is what the committed records made of it, whatever fails, dies, comes and goes', () =>
    fc.assert(
      fc.asyncProperty(lives, async ({ list, events, concurrency, failing, snapshotBytes, seed }) => {
        const world = new EmbeddedWorld(seed)
        await world.open()
        await world.create([input, out], partitions)
        const ofPartition = (partition: number) => list.filter(([key]) => key % partitions === partition)
        for (let partition = 0; partition < partitions; partition++)
          await world.append(
            input,
            partition,
            ofPartition(partition).map(([key, value]) => ({ key: keys[key] as string, value })),
          )
        world.disk.settle()
        let attempts = 0
        const flaky = mapValue((value: number) => {
          if (++attempts % failing === 0) throw new Error('not this time')
          return value
        })
        const pipeline = () =>
          piped(
            distinctByKey((value: number) => String(value % 7), { within: '24h' }),
            scanByKey(total, 0, (sum, value: number) => sum + value),
            flaky,
            to(out),
          )
        let instances: Running[] = []
        const begin = async () => {
          const running = await world.run('p', pipeline(), { concurrency }, { snapshotBytes }).catch(() => undefined)
          if (running !== undefined) instances.push(running)
        }
        await begin()
        for (const { what, after } of events) {
          if (what === 'another') {
            if (instances.length < 3) await begin()
          } else if (what === 'stop') {
            const [first] = instances.splice(0, 1)
            if (first !== undefined) await world.while(first.stop())
            if (instances.length === 0) await begin()
          } else {
            world.disk.crash = what
            world.disk.crashAt = world.disk.operations + after
            await world.pass(after * 20)
            world.disk.die()
            instances = []
            await world.open()
            await begin()
          }
          await world.pass(after)
        }
        for (const running of instances) await world.caughtUp(running)
        for (const running of instances) await world.while(running.stop())

        const found = await world.committed(out, partitions)
        for (let partition = 0; partition < partitions; partition++) {
          const ids = new Set<string>()
          const sums = new Map<string, number>()
          const expected: string[] = []
          for (const [at, value] of ofPartition(partition)) {
            const key = keys[at] as string
            if (ids.has(`${key} ${value % 7}`)) continue
            ids.add(`${key} ${value % 7}`)
            sums.set(key, (sums.get(key) ?? 0) + value)
            expected.push(`${key}=${sums.get(key)}`)
          }
          const written = found.flat().filter((line) => keys.indexOf(line[0] as string) % partitions === partition)
          const ofKey = (lines: readonly string[], key: string) => lines.filter((line) => line.startsWith(`${key}=`))
          for (const key of keys) expect(ofKey(written, key)).toEqual(ofKey(expected, key))
          expect((await restored(world, 'p--distinct-changelog', partition)).size()).toBe(ids.size)
          expect((await restored(world, 'p--total-changelog', partition)).size()).toBe(sums.size)
        }
        await world.while(world.live.close()())
      }),
      { numRuns: 40 },
    ))
})
