import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { delayed } from '../../src/codec/delayed.ts'
import { scheduleRecord } from '../../src/codec/job-command.ts'
import { jobHeader } from '../../src/codec/job-headers.ts'
import { fromUtf8 } from '../../src/codec/utf-8.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import { type Millrace, type StreamRecord, topic } from '../../src/index.ts'
import { JobsWorld } from './jobs-world.ts'
import { withCommits } from './with-commits.ts'

const [second, minute] = [1_000, 60_000]
const fired = topic('fired', {
  key: t.string,
  value: t.string,
  config: { 'message.timestamp.type': 'LogAppendTime' },
})
const later = delayed('later', { to: fired, tiers: ['5s'], partitions: 1 })

const dueOf = ({ headers }: StreamRecord<string, string>): number =>
  Number(fromUtf8(headers.get(jobHeader.due) ?? new Uint8Array()))

const opened = async (): Promise<JobsWorld> => {
  const world = new JobsWorld()
  await world.open()
  await world.create(fired)
  return world
}

/** A world, and a connection on a disk that takes so long for each commit. */
const slow = async (commitMs: number): Promise<readonly [JobsWorld, Millrace]> => {
  const world = await opened()
  world.engine = withCommits(world.engine as Engine, (real) => async () => {
    await new Promise<void>((ring) => world.clock.after(commitMs, ring))
    return real()()
  })
  return [world, world.connection('slow')]
}

describe('jobs fire in the order in which they are due', () => {
  it('where more is overdue on the ladder than enters at once', async () => {
    const world = await opened()
    const count = 1_500
    const jobs = Array.from({ length: count }, (_, at) =>
      // of 31 to 45 minutes, in no order
      scheduleRecord(later, {
        id: `job ${at}`,
        key: 'k',
        value: '',
        at: world.now + 31 * minute + ((at * 7_919) % 840) * second,
      }),
    )
    const { topic: to } = jobs[0] as (typeof jobs)[0]
    await world.moving(later)
    await world.while(world.millrace.send(to, jobs))
    await world.moving(later)
    world.kill()
    await world.open(50 * minute)
    await world.moving(later)
    await world.pass(minute)
    const dues = (await world.read(fired)).map(dueOf)
    expect(dues).toHaveLength(count)
    expect(dues).toEqual(dues.toSorted((a, b) => a - b))
    await world.close()
  })

  it.each([0, 1, 2, 5, 10, 20])('where one leaves the ladder %i ms before it is due', async (aheadMs) => {
    const [world, millrace] = await slow(10)
    const jobs = millrace.jobs(later)
    await world.while(jobs.get('nobody'))
    // it is written half an hour before it is due, less that, and a commit later it is there
    const due = world.now + 30 * minute + 12 + aheadMs
    await world.while(jobs.schedule({ id: 'first', key: 'k', value: 'first', at: due }))
    await world.while(jobs.get('first'))
    await world.while(jobs.schedule({ id: 'second', key: 'k', value: 'second', at: due + 2 }))
    await world.pass(32 * minute)
    expect((await world.read(fired)).map(({ value }) => value)).toEqual(['first', 'second'])
    await world.while(millrace.close())
    await world.close()
  })

  it.each(['once', 'skip'] as const)('with those that come again, and were missed: %s', async (missed) => {
    const world = await opened()
    const jobs = world.millrace.jobs(later)
    const first = Math.ceil(world.now / minute) * minute
    await world.while(jobs.repeat({ id: 'series', cron: '* * * * *', missed, key: 'k', value: 'series' }))
    for (const minutes of [5.5, 8.5])
      await world.while(jobs.schedule({ id: `${minutes}`, key: 'k', value: '', at: first + minutes * minute }))
    world.kill()
    await world.open(15.5 * minute)
    await world.moving(later)
    await world.pass(2 * minute)
    const dues = (await world.read(fired)).map(dueOf)
    expect(dues.length).toBeGreaterThan(3)
    expect(dues).toEqual(dues.toSorted((a, b) => a - b))
    await world.close()
  })
})

it('fires what is due while others are scheduled for at once without a pause', async () => {
  const [world, millrace] = await slow(5)
  await world.while(millrace.jobs(later).schedule({ id: 'job', key: 'k', value: 'job', after: '5s' }))
  const until = world.now + 6 * second
  for (let at = 0; world.now < until; at++) {
    const { topic: to, ...record } = scheduleRecord(later, { id: `${at}`, key: 'k', value: '', at: world.now })
    void millrace.send(to, [record])
    await world.clock.advance(2)
  }
  const job = (await world.read(fired)).find(({ value }) => value === 'job')
  expect(job).toBeDefined()
  await world.pass(second)
  await world.while(millrace.close())
  await world.close()
})
