import * as fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { delayed } from '../../src/codec/delayed.ts'
import { scheduleRecord } from '../../src/codec/job-command.ts'
import { jobHeader } from '../../src/codec/job-headers.ts'
import { fromUtf8 } from '../../src/codec/utf-8.ts'
import { topic } from '../../src/index.ts'
import { type MoverMutant, without } from '../../src/jobs/mover-mutant.ts'
import { JobsWorld } from './jobs-world.ts'

const [second, minute] = [1_000, 60_000]
const fired = topic('fired', {
  key: t.string,
  value: t.number,
  config: { 'message.timestamp.type': 'LogAppendTime' },
})
const later = delayed('later', { to: fired, tiers: ['5s', '31m'], partitions: 1 })

interface Late {
  readonly when: '5s' | '31m' | number
  /** What moves it has seen it before it stopped for long. */
  readonly isMoved: boolean
}

const lates: fc.Arbitrary<readonly Late[]> = fc.array(
  fc.record({
    when: fc.oneof(
      fc.constantFrom<'5s' | '31m'>('5s', '31m'),
      fc.integer({ min: 10 * second, max: 45 * minute }),
      fc.integer({ min: 31 * minute - second, max: 31 * minute + second }),
    ),
    isMoved: fc.boolean(),
  }),
  { minLength: 2, maxLength: 60 },
)

/** The second comes out of near beside the two off the ladder, and all three go around once more. */
const roundTogether: readonly Late[] = [
  { when: 1_859_000, isMoved: true },
  { when: 1_859_000, isMoved: false },
  { when: 1_859_132, isMoved: true },
]

/** Jobs that come due while nobody runs fire in the order in which they are due, once somebody does. */
const catchesUp = (mutant?: MoverMutant) =>
  fc.asyncProperty(lates, fc.integer({ min: 5, max: 50 }), fc.nat(1_000), async (jobs, awayMinutes, seed) => {
    const moved = mutant === undefined ? later : without(mutant, later)
    const world = new JobsWorld(seed)
    await world.open()
    await world.create(fired)
    await world.moving(moved)
    const due = new Map<number, number>()
    const put = (late: Late, at: number) => {
      const { when } = late
      due.set(at, world.now + (when === '5s' ? 5 * second : when === '31m' ? 31 * minute : when))
      const job = { id: `job ${at}`, key: 'k', value: at }
      const {
        topic: to,
        key,
        value,
        headers,
      } = scheduleRecord(later, typeof when === 'number' ? { ...job, at: world.now + when } : { ...job, after: when })
      return world.while(world.millrace.send(to, [{ key, value, headers }]))
    }
    for (const [at, late] of jobs.entries()) if (late.isMoved) await put(late, at)
    await world.moving(moved)
    world.kill()
    await world.open()
    for (const [at, late] of jobs.entries()) if (!late.isMoved) await put(late, at)
    world.kill()
    await world.open(awayMinutes * minute)
    await world.moving(moved)
    await world.pass(46 * minute)
    const records = await world.read(fired)
    expect(records.map(({ value }) => value).toSorted((a, b) => a - b)).toEqual([...jobs.keys()])
    const dues = records.map(({ headers }) => Number(fromUtf8(headers.get(jobHeader.due) ?? new Uint8Array())))
    for (const [at, { timestamp, value }] of records.entries()) {
      expect(timestamp).toBeGreaterThanOrEqual(dues[at] ?? 0)
      expect(dues[at]).toBeGreaterThanOrEqual(due.get(value) ?? 0)
    }
    expect(dues).toEqual(dues.toSorted((a, b) => a - b))
    await world.close()
  })

describe('a late start', () => {
  it('fires all that is due in the order in which it is, wherever it waits', () =>
    fc.assert(catchesUp(), { numRuns: 12, examples: [[roundTogether, 31, 0]] }))

  it('would not if what is on its way were overtaken', async () => {
    expect((await fc.check(catchesUp('out-of-turn'), { numRuns: 20, seed: 5, endOnFailure: true })).failed).toBe(true)
  })
})
