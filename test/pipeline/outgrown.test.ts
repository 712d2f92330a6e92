import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { mapValue } from '../../operators/map-value.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import type { RunOptions } from '../../src/pipeline/options.ts'
import { rightOf } from '../support/right-of.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: text })
const kept = store('kept', { key: text, value: text })

/** The first record waits until it is let go; whatever is done behind it waits to be committed with it. */
const gate = () => {
  const waiting: (() => void)[] = []
  let isOpen = false
  const operator = mapAsync(async (value: number) => {
    if (value === 0 && !isOpen) await new Promise<void>((resolve) => waiting.push(resolve))
    return value
  })
  const open = (): void => {
    isOpen = true
    for (const go of waiting.splice(0)) go()
  }
  return { operator, open }
}

/** As many bytes of text as the number says. */
const wide = mapValue((value: number) => 'x'.repeat(value))

/** Runs records of `sizes` in task 0 and two small ones in task 1, and lowers `name`'s limit before all of it is committed. */
const lowered = async (
  o: RunOptions & {
    readonly sizes: readonly number[]
    readonly name: string
    readonly limit: number
    readonly ms: number
  },
  ...operators: readonly unknown[]
) => {
  const { sizes, name, limit, ms, ...options } = o
  const world = new EmbeddedWorld()
  await world.open()
  await world.create([input, out], 2)
  await world.append(input, 0, [{ key: 'a', value: 0 }, ...sizes.map((value, at) => ({ key: `b${at}`, value }))])
  const { operator, open } = gate()
  const pipeline = { topics: [input], operators: [operator, ...operators] as Operators }
  const running = await world.run('p', pipeline, { concurrency: 100, ...options })
  const notices: Notice[] = []
  running.errors$.subscribe((notice) => notices.push(notice))
  await world.pass(200)
  rightOf(await world.while(world.live.topics.configure(name, { 'max.message.bytes': limit })()))
  await world.pass(ms)
  await world.append(input, 1, [
    { key: 'c', value: 1 },
    { key: 'c', value: 2 },
  ])
  open()
  await world.while(running.caughtUp())
  await world.while(running.stop())
  const written = (await world.committed(out, 2)).flat().toSorted()
  const failed = notices.flatMap((notice) => (notice._tag === 'record-failed' ? [notice] : []))
  return { world, written, failed }
}

const shown = (sizes: readonly number[]): readonly string[] =>
  [`a=""`, ...sizes.map((size, at) => `b${at}="${'x'.repeat(size)}"`), 'c="x"', 'c="xx"'].toSorted()

describe('a topic that takes less than it did', () => {
  it.each([
    ['exactly-once', 0],
    ['exactly-once', 1_000],
    ['at-least-once', 0],
    ['at-least-once', 1_000],
  ] as const)('fails the record whose output does not fit, by name, and no other (%s, %i ms)', (guarantee, ms) =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(10, 200, 2_000), { minLength: 1, maxLength: 6 }), async (sizes) => {
        const { written, failed } = await lowered(
          { guarantee, ms, sizes, name: 'out', limit: 1_000, onError: 'skip' },
          wide,
          to(out),
        )
        const fitting = sizes.map((size, at) => ({ size, at })).filter(({ size }) => size < 1_000)
        const expected = [`a=""`, ...fitting.map(({ size, at }) => `b${at}="${'x'.repeat(size)}"`), 'c="x"', 'c="xx"']
        expect([...new Set(written)]).toEqual(expected.toSorted())
        if (guarantee === 'exactly-once') expect(written).toHaveLength(expected.length)
        const large = sizes.flatMap((size, at) => (size < 1_000 ? [] : [`in-0-${at + 1}`]))
        expect(failed.map(({ recordId }) => recordId)).toEqual(large)
        for (const { error } of failed)
          expect(String(error)).toMatch(/OutputTooLarge: record 'in-0-\d' writes .* takes 1000/)
      }),
      { numRuns: 10 },
    ),
  )

  it.each([0, 1_000])(
    'has what is together too large written in smaller batches: nothing runs again (%i ms)',
    async (ms) => {
      const sizes = Array.from({ length: 50 }, () => 100)
      const { written, failed } = await lowered({ ms, sizes, name: 'out', limit: 1_000 }, wide, to(out))
      expect(failed).toEqual([])
      expect(written).toEqual(shown(sizes))
    },
  )

  it('takes larger ones as soon as it does', async () => {
    const world = new EmbeddedWorld()
    await world.open()
    await world.create([input, { ...out, config: { 'max.message.bytes': 500 } }], 1)
    const running = await world.run('p', { topics: [input], operators: [wide, to(out)] as unknown as Operators })
    await world.append(input, 0, [{ key: 'k', value: 1 }])
    await world.while(running.caughtUp())
    rightOf(await world.while(world.live.topics.configure('out', { 'max.message.bytes': 5_000 })()))
    await world.pass(1_000)
    await world.append(input, 0, [{ key: 'k', value: 4_000 }])
    await world.while(running.caughtUp())
    await world.while(running.stop())
    expect((await world.committed(out, 1)).flat()).toHaveLength(2)
  })

  it.each([0, 1_000])('fails the record whose state does not fit its changelog (%i ms)', async (ms) => {
    const fold = scanByKey(kept, '', (_before, value: string) => value)
    const { failed, written } = await lowered(
      { ms, sizes: [10, 2_000, 20], name: 'p--kept-changelog', limit: 1_000, onError: 'skip' },
      wide,
      fold,
      to(out),
    )
    expect(failed.map(({ recordId }) => recordId)).toEqual(['in-0-2'])
    expect(String(failed[0]?.error)).toMatch(/StateTooLarge/)
    expect(written).toEqual([`a=""`, `b0="${'x'.repeat(10)}"`, `b2="${'x'.repeat(20)}"`, 'c="x"', 'c="xx"'])
  })

  it('skips what was to be written where offsets go first: nothing is written twice, and it goes on', async () => {
    const sizes = [10, 2_000, 20]
    const { written, failed } = await lowered(
      { guarantee: 'at-most-once', ms: 0, sizes, name: 'out', limit: 1_000 },
      wide,
      to(out),
    )
    expect(failed).toEqual([])
    expect(new Set(written).size).toBe(written.length)
    expect(written.every((one) => one.length < 1_000)).toBe(true)
  })
})
