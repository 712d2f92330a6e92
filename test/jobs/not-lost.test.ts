import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { delayed } from '../../src/codec/delayed.ts'
import { scheduleRecord } from '../../src/codec/job-command.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import { engineFailure } from '../../src/contracts/failure.ts'
import { type Millrace, topic } from '../../src/index.ts'
import { JobsWorld } from './jobs-world.ts'
import { withCommits } from './with-commits.ts'

const minute = 60_000
const fired = topic('fired', { key: t.string, value: t.string })
const later = delayed('later', { to: fired, tiers: ['31m'], partitions: 1 })

/** A world, and a connection to its engine as `changed`. */
const opened = async (changed: (engine: Engine) => Engine): Promise<readonly [JobsWorld, Millrace]> => {
  const world = new JobsWorld()
  await world.open()
  await world.create(fired)
  world.engine = changed(world.engine as Engine)
  return [world, world.connection('changed')]
}

const firedIn = async (world: JobsWorld): Promise<readonly string[]> =>
  (await world.read(fired)).map(({ value }) => value)

describe('a job', () => {
  it.each([[[]], [['waits']]])(
    'fires though nobody can say of a commit that it has not happened, beside %j',
    async (waiting) => {
      let hasFailed: boolean | undefined
      const [world, millrace] = await opened((engine) =>
        withCommits(engine, (real) => {
          if (hasFailed !== false) return real()
          hasFailed = true
          return () => Promise.resolve(E.left(engineFailure('timed-out', 'no answer')))
        }),
      )
      const jobs = millrace.jobs(later)
      // what is due later lies before what is due now: the position stays before it
      for (const id of waiting)
        await world.while(jobs.schedule({ id, key: 'k', value: id, at: world.now + 20 * minute }))
      await world.while(jobs.schedule({ id: 'soon', key: 'k', value: 'soon', at: world.now + 5 * minute }))
      const at = world.now + 8 * minute
      await world.while(jobs.schedule({ id: 'job', key: 'k', value: 'job', at }))
      await world.pass(at - world.now - 100)
      hasFailed = false
      await world.pass(5 * minute)
      expect(hasFailed).toBe(true)
      expect(await firedIn(world)).toEqual(['soon', 'job'])
      await world.while(millrace.close())
      await world.close()
    },
  )

  it('fires though who is asked for it has nothing yet, as a leader that has just become one', async () => {
    let empty = 0
    const [world, millrace] = await opened((engine) => ({
      ...engine,
      reader: {
        ...engine.reader,
        fetch: (request) => {
          const isOfOne = request.maxBytes === 1 && request.positions[0]?.topic === 'later.near'
          return isOfOne && empty++ === 0 ? () => Promise.resolve(E.right([])) : engine.reader.fetch(request)
        },
      },
    }))
    await world.while(millrace.jobs(later).schedule({ id: 'job', key: 'k', value: 'job', at: world.now + 8 * minute }))
    await world.pass(9 * minute)
    expect(empty).toBeGreaterThan(1)
    expect(await firedIn(world)).toEqual(['job'])
    await world.while(millrace.close())
    await world.close()
  })

  it('can be rescheduled, written by a clock that was ahead, once its command is deleted', async () => {
    const world = new JobsWorld()
    await world.open()
    await world.create(fired)
    await world.moving(later)
    world.kill()
    await world.open()
    world.clock.step(5 * minute)
    const { topic: to, ...record } = scheduleRecord(later, { id: 'job', key: 'k', value: 'job', after: '31m' })
    await world.while(world.millrace.send(to, [record]))
    world.clock.step(-5 * minute)
    await world.moving(later)
    await world.pass(3 * minute)
    const answer = await world.while(world.millrace.jobs(later).reschedule('job', { at: world.now + 5 * minute }))
    expect(answer).toMatchObject({ _tag: 'scheduled' })
    await world.pass(6 * minute)
    expect(await firedIn(world)).toEqual(['job'])
    await world.close()
  })
})
