import * as fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { delayed } from '../../src/codec/delayed.ts'
import type { Missed } from '../../src/contracts/delayed.ts'
import { topic } from '../../src/index.ts'
import { nextSlot } from '../../src/jobs/recurrence.ts'
import { JobsWorld } from './jobs-world.ts'

const [minute, hour] = [60_000, 3_600_000]
const reports = topic('reports', { key: t.string, value: t.string, partitions: 2 })
const nightly = delayed('nightly', { to: reports, tiers: [], partitions: 1 })

const opened = async (seed = 1): Promise<JobsWorld> => {
  const world = new JobsWorld(seed)
  await world.open()
  await world.create(reports)
  return world
}

/** All slots between, the last included. */
const slotsOf = (cron: string, fromMs: number, toMs: number): readonly number[] => {
  const recurrence = { cron, timeZone: 'UTC', missed: 'all' } as const
  const slots: number[] = []
  for (let slot = nextSlot(recurrence, fromMs); slot !== undefined && slot <= toMs; slot = nextSlot(recurrence, slot))
    slots.push(slot)
  return slots
}

describe('a job that comes again', () => {
  it('fires once at each of its times, whoever says it how often, until it is cancelled', async () => {
    const world = await opened()
    const jobs = world.millrace.jobs(nightly)
    const begun = world.now
    const job = { id: 'report', cron: '*/15 * * * *', key: 'k', value: 'v' }
    const first = await world.while(jobs.repeat(job))
    expect(first).toEqual({ _tag: 'scheduled', dueMs: slotsOf(job.cron, begun, begun + hour)[0] })
    expect(await world.while(jobs.repeat(job))).toEqual(first)
    await world.pass(hour)
    expect(await world.while(jobs.repeat(job))).not.toEqual(first)
    await world.pass(hour)
    const until = world.now
    const fired = await world.read(reports)
    expect(fired.map(({ timestamp }) => timestamp)).toEqual(slotsOf(job.cron, begun, until))
    expect(fired.every(({ key, value }) => key === 'k' && value === 'v')).toBe(true)
    expect(await world.while(jobs.cancel('report'))).toBe('cancelled')
    await world.pass(hour)
    expect((await world.read(reports)).length).toBe(fired.length)
    await world.close()
  })

  it('goes on otherwise where its times, or what it carries, are others', async () => {
    const world = await opened()
    const jobs = world.millrace.jobs(nightly)
    const job = { id: 'report', cron: '0 * * * *', key: 'k', value: 'old' }
    await world.while(jobs.repeat(job))
    await world.while(jobs.repeat({ ...job, value: 'new' }))
    await world.pass(hour)
    expect((await world.read(reports)).map(({ value }) => value)).toEqual(['new'])
    const changed = world.now
    await world.while(jobs.repeat({ ...job, cron: '*/20 * * * *', value: 'newer' }))
    await world.pass(hour)
    const later = (await world.read(reports)).slice(1)
    expect(later.map(({ timestamp }) => timestamp)).toEqual(slotsOf('*/20 * * * *', changed, world.now))
    await world.close()
  })

  const happenings = fc.array(
    fc.record({
      runs: fc.integer({ min: 1, max: 90 }),
      away: fc.integer({ min: 0, max: 200 }),
      how: fc.constantFrom('kill', 'power', 'close'),
    }),
    { minLength: 1, maxLength: 3 },
  )
  it('fires at none of its times twice, and makes up for what was missed as it was told to, whatever dies', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Missed>('skip', 'once', 'all'),
        happenings,
        fc.nat(1_000),
        async (missed, all, seed) => {
          const cron = '*/10 * * * *'
          const world = await opened(seed)
          const begun = world.now
          for (const { runs, away, how } of all) {
            const jobs = world.millrace.jobs(nightly)
            // it keeps the position of those that are due soon where it is: what is behind comes again
            await world.while(jobs.schedule({ at: world.now + 25 * minute, key: 'k', value: 'other' }))
            await world.while(jobs.repeat({ id: 'report', cron, missed, key: 'k', value: 'v' }))
            await world.pass(runs * minute)
            if (how === 'close') await world.close()
            else world.kill(how)
            await world.open(away * minute)
          }
          await world.moving(nightly)
          await world.pass(11 * minute)
          const slots = slotsOf(cron, begun, world.now)
          const fired = (await world.read(reports)).flatMap(({ value, timestamp }) => (value === 'v' ? timestamp : []))
          expect(fired).toEqual([...new Set(fired)].sort((a, b) => a - b))
          expect(slots).toEqual(expect.arrayContaining(fired))
          expect(fired.at(-1)).toBe(slots.at(-1))
          if (missed === 'all') expect(fired).toEqual(slots)
          await world.close()
        },
      ),
      { numRuns: 8 },
    ))

  it.each([
    [{ cron: '0 3 * *' }, /^repeat of 'nightly': cron '0 3 \* \*' has 4 fields/],
    [{ cron: '@daily' }, /cron '@daily' has 1 field, and takes five, or six with seconds first: minute/],
    [{ tz: 'Europe/Berlin' }, /^repeat of 'nightly': there is no option 'tz'; there are id, cron, timeZone/],
    [{ value: 7 as never }, /^repeat of 'nightly': the value for topic 'reports': .*cannot write 7/],
    [{ timeZone: 'Mars' }, /there is no time zone 'Mars'/],
    [{ id: '' }, /^repeat of 'nightly': a job's id is text/],
  ])('refuses what is none: %o', async (wrong, message) => {
    const world = await opened()
    const job = { id: 'report', cron: '0 3 * * *', key: 'k', value: 'v', ...wrong }
    await expect(world.millrace.jobs(nightly).repeat(job)).rejects.toThrow(message)
    await world.close()
  })
})
