import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Engine } from '../../src/contracts/engine.ts'
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
