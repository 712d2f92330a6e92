import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Engine, Fetched } from '../../src/contracts/engine.ts'
import { engineFailure, type FailureCode } from '../../src/contracts/failure.ts'
import { partitionName } from '../../src/contracts/position.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import { rightOf } from '../support/right-of.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })
const copying = { topics: [input], operators: [to(out)] as unknown as Operators }

const opened = async (): Promise<EmbeddedWorld> => {
  const world = new EmbeddedWorld()
  await world.open()
  await world.create([input, out], 1)
  return world
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({ key: 'k', value: from + at }))

describe('records that were deleted before they were read', () => {
  it('are told of, and nothing else is left out', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(5), fc.integer({ min: 1, max: 5 }), fc.nat(5), async (committed, deleted, left) => {
        const world = await opened()
        const start = committed + deleted
        const end = start + left
        await world.append(input, 0, numbered(0, committed))
        const before = await world.run('p', copying)
        await world.caughtUp(before)
        await world.while(before.stop())
        await world.append(input, 0, numbered(committed, end))
        rightOf(await world.while(world.live.topics.deleteRecords([{ topic: 'in', partition: 0, offset: start }])()))
        const after = await world.run('p', copying)
        const notices: Notice[] = []
        after.errors$.subscribe((notice) => notices.push(notice))
        await world.caughtUp(after)
        // what comes later is read too
        await world.append(input, 0, numbered(end, end + 1))
        await world.caughtUp(after)
        await world.while(after.stop())
        const expected = [...numbered(0, committed), ...numbered(start, end + 1)]
        expect((await world.committed(out, 1)).flat()).toEqual(expected.map(({ value }) => `k=${value}`))
        // a new group begins at what there is: nothing was lost to it
        if (committed === 0) return
        expect(notices.map(({ message }) => message)).toEqual([
          expect.stringContaining(`records ${committed} to ${start - 1} of in-0 were deleted before they were read`),
        ])
      }),
      { numRuns: 12 },
    ))
})

/** What becomes of a partition's answer, and of a whole fetch. */
type Fault = 'comes' | 'nothing' | 'storage-full' | 'timed-out' | 'corrupt-log'

/** An engine whose fetches fail as tapes say, one a partition; behind their ends all go well. Notes what it answered. */
const failing = (engine: Engine, tapes: ReadonlyMap<string, readonly Fault[]>, answered: [string, Fault][]): Engine => {
  const left = new Map(Array.from(tapes, ([name, tape]) => [name, tape.values()]))
  const next = (name: string): Fault => left.get(name)?.next().value ?? 'comes'
  const failed = (fetched: Fetched, code: FailureCode): Fetched => ({
    ...fetched,
    batches: [],
    nextOffset: -1,
    failure: engineFailure(code, code),
  })
  const fetch: Engine['reader']['fetch'] = (request) => async () => {
    const answer = await engine.reader.fetch(request)()
    if (E.isLeft(answer)) return answer
    const whole = next('fetch')
    if (whole === 'storage-full' || whole === 'timed-out') return E.left(engineFailure(whole, whole))
    const found: Fetched[] = []
    for (const fetched of answer.right) {
      const fault = next(partitionName(fetched))
      answered.push([partitionName(fetched), fault])
      if (fault !== 'nothing') found.push(fault === 'comes' ? fetched : failed(fetched, fault))
    }
    return E.right(found)
  }
  return { ...engine, reader: { ...engine.reader, fetch } }
}

const second = topic('second', { key: text, value: int32 })

const fault = fc.constantFrom<Fault>(
  'comes',
  'comes',
  'comes',
  'corrupt-log',
  'nothing',
  'storage-full',
  'timed-out',
  'corrupt-log',
)
const tape = fc.array(fault, { maxLength: 6 })
const guarantees = fc.constantFrom('exactly-once', 'at-least-once', 'at-most-once')

describe('whatever partitions cannot be read for a while', () => {
  it('each record is written once and in order, and each damage is told once', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(tape, { minLength: 5, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
        guarantees,
        fc.boolean(),
        async (tapes, batches, guarantee, isPaired) => {
          const read = isPaired ? [input, second] : [input]
          const world = new EmbeddedWorld()
          await world.open()
          await world.create([input, second, out], 2)
          const sound = world.live
          const names = ['in-0', 'in-1', 'second-0', 'second-1', 'fetch']
          const answered: [string, Fault][] = []
          world.engine = failing(sound, new Map(names.map((name, at) => [name, tapes[at] ?? []])), answered)
          const operators = [to(out)] as unknown as Operators
          const running = await world.run('p', { topics: read, operators }, { guarantee, fetchBytesMax: 100 })
          const notices: Notice[] = []
          running.errors$.subscribe((notice) => notices.push(notice))
          const sent = new Map<string, string[]>()
          let value = 0
          for (const count of batches)
            for (const of of read)
              for (const partition of [0, 1]) {
                const key = partitionName({ topic: of.name, partition })
                const some = Array.from({ length: count }, () => ({ key, value: value++ }))
                await world.append(of, partition, some)
                sent.set(key, [...(sent.get(key) ?? []), ...some.map((one) => `${key}=${one.value}`)])
              }
          await world.caughtUp(running)
          await world.while(running.stop())
          world.engine = sound
          const written = (await world.committed(out, 2)).flat()
          for (const [key, expected] of sent)
            expect(written.filter((line) => line.startsWith(`${key}=`))).toEqual(expected)
          expect(written).toHaveLength(value)
          const halted = notices.filter(({ _tag }) => _tag === 'task-halted')
          if (isPaired) expect(halted.length).toBeLessThanOrEqual(damages(answered))
          else expect(halted).toHaveLength(damages(answered))
        },
      ),
      { numRuns: 25 },
    ))

  it('damage is told again where there was none between', async () => {
    const world = await opened()
    world.engine = failing(world.live, new Map([['in-0', ['corrupt-log', 'corrupt-log', 'comes', 'corrupt-log']]]), [])
    const running = await world.run('p', copying)
    const notices: Notice[] = []
    running.errors$.subscribe((notice) => notices.push(notice))
    for (const value of [1, 2]) {
      await world.append(input, 0, [{ key: 'k', value }])
      await world.caughtUp(running)
      expect(notices.map(({ _tag }) => _tag)).toEqual(Array.from({ length: value }, () => 'task-halted'))
    }
    await world.while(running.stop())
  })

  it('the other tasks go on meanwhile', async () => {
    const world = new EmbeddedWorld()
    await world.open()
    await world.create([input, out], 2)
    const damaged = Array.from({ length: 1_000 }, (): Fault => 'corrupt-log')
    world.engine = failing(world.live, new Map([['in-0', damaged]]), [])
    const running = await world.run('p', copying)
    for (const partition of [0, 1]) await world.append(input, partition, [{ key: `${partition}`, value: partition }])
    await world.pass(10_000)
    await world.append(input, 1, [{ key: '1', value: 2 }])
    await world.pass(100)
    expect((await world.committed(out, 2)).flat().toSorted()).toEqual(['1=1', '1=2'])
    await world.while(running.stop())
  })
})

/** How often a partition was found damaged that was sound before. */
const damages = (answered: readonly (readonly [string, Fault])[]): number => {
  const damaged = new Set<string>()
  let found = 0
  for (const [name, fault] of answered) {
    if (fault === 'comes') damaged.delete(name)
    if (fault !== 'corrupt-log' || damaged.has(name)) continue
    damaged.add(name)
    found += 1
  }
  return found
}

/** Counts the bytes that fetches hand out. */
const counting = (engine: Engine): { readonly engine: Engine; bytes: number; largest: number } => {
  const counted = { engine, bytes: 0, largest: 0 }
  const fetch: Engine['reader']['fetch'] = (request) => async () => {
    const answer = await engine.reader.fetch(request)()
    if (E.isRight(answer))
      for (const { batches } of answer.right)
        for (const { length } of batches) {
          counted.bytes += length
          counted.largest = Math.max(counted.largest, length)
        }
    return answer
  }
  return Object.assign(counted, { engine: { ...engine, reader: { ...engine.reader, fetch } } })
}

describe('reading ahead', () => {
  it('ends at its bound behind a record that hangs, and goes on once that is done', async () => {
    const fetchBytesMax = 1_000
    const world = await opened()
    const sent = numbered(0, 100)
    for (const one of sent) await world.append(input, 0, [one])
    const counted = counting(world.live)
    world.engine = counted.engine
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const gated = mapAsync(async (value: number) => {
      await gate
      return value
    })
    const operators = [gated, to(out)] as unknown as Operators
    const running = await world.run('p', { topics: [input], operators }, { fetchBytesMax })
    await world.pass(1_000)
    expect(counted.bytes).toBeGreaterThan(0)
    // what is asked for while there is a little room left, a batch more than the bound at most
    expect(counted.bytes).toBeLessThan(2 * fetchBytesMax + counted.largest)
    release()
    await world.caughtUp(running)
    await world.while(running.stop())
    expect((await world.committed(out, 1)).flat()).toHaveLength(sent.length)
  })
})
