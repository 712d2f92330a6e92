import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import { newCounters } from '../../src/pipeline/counters.ts'
import { LiveTask } from '../../src/pipeline/live-task.ts'
import { planOf } from '../../src/pipeline/plan.ts'
import { type Progress, ProgressMeter } from '../../src/pipeline/progress.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const plan = planOf('p', { topics: [input], operators: [] })

/** An engine whose partitions end there. */
const ending = (ends: readonly number[]): Engine => {
  const offsets: Engine['reader']['offsets'] = (queries) => async () =>
    E.right(queries.map(({ topic, partition }) => ({ topic, partition, offset: ends[partition] ?? 0 })))
  return { reader: { offsets } } as unknown as Engine
}

describe('progress', () => {
  it('is what is left over all tasks, the rate so far, and how long the rest takes at it', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ committed: fc.nat(1_000), left: fc.nat(1_000) }), { maxLength: 4 }),
        fc.nat(1_000),
        fc.integer({ min: 1, max: 4_000 }),
        async (partitions, records, ms) => {
          const clock = new VirtualClock()
          const counters = newCounters()
          const tasks = partitions.map(({ committed }, number) => {
            const task = new LiveTask(number, plan)
            task.state = 'running'
            for (const place of task.places) place.begin(committed)
            return task
          })
          const engine = ending(partitions.map(({ committed, left }) => committed + left))
          const meter = new ProgressMeter({ engine, clock, counters, tasks: () => tasks })
          meter.sample()
          await clock.advance(ms)
          counters.records = records
          const lag = partitions.reduce((sum, { left }) => sum + left, 0)
          const perSecond = Math.round((records * 1_000) / ms)
          const eta = lag === 0 ? 0 : perSecond === 0 ? undefined : Math.ceil((lag * 1_000) / perSecond)
          const progress = await meter.measure()
          expect(progress).toMatchObject({ records, lag, perSecond, tasks: tasks.length })
          if (eta === undefined) expect(progress?.eta).toBeUndefined()
          // a millisecond, for the rounding
          else expect(Math.abs((progress?.eta ?? -2) - eta)).toBeLessThanOrEqual(1)
        },
      ),
      { numRuns: 100 },
    ))

  it('adds up at every moment: what is committed and what is left are all there is', async () => {
    const world = new EmbeddedWorld()
    await world.open()
    await world.create([input], 2)
    for (const partition of [0, 1])
      await world.append(
        input,
        partition,
        Array.from({ length: 150 }, (_, value) => ({ key: 'k', value })),
      )
    const running = await world.run('p', { topics: [input], operators: [] }, { rate: '100/s' })
    const told: Progress[] = []
    running.progress$.subscribe((progress) => told.push(progress))
    await world.pass(2_000)
    const halfway = told.at(-1)
    expect(halfway?.lag).toBeGreaterThan(0)
    expect(halfway?.perSecond).toBeGreaterThan(80)
    expect(halfway?.perSecond).toBeLessThan(150)
    // at 100 a second, the rest takes ten milliseconds for each
    expect((halfway?.eta ?? 0) / (10 * (halfway?.lag ?? 1))).toBeCloseTo(1, 0)
    await world.caughtUp(running)
    for (const { records, lag } of told) expect(records + lag).toBe(300)
    expect(told.at(-1)).toMatchObject({ records: 300, lag: 0, eta: 0, tasks: 2 })
    await world.while(running.stop())
  })
})
