import * as t from 'io-ts'
import { firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { delayed, topicsOf } from '../../src/codec/delayed.ts'
import type { RawOutput } from '../../src/codec/job-headers.ts'
import { engineFailure } from '../../src/contracts/failure.ts'
import { MillraceError, topic } from '../../src/index.ts'
import { Answers } from '../../src/jobs/answers.ts'
import { jobsOf } from '../../src/jobs/jobs.ts'
import type { RawRecord } from '../../src/jobs/read-command.ts'
import { JobsWorld } from './jobs-world.ts'

const fired = topic('fired', { key: t.string, value: t.string })
const later = delayed('later', { to: fired, tiers: ['5s'] })

/** The jobs of a world in which it is uncertain, so many times, whether a command was sent: it was. */
const uncertain = async (times: number) => {
  const world = new JobsWorld()
  await world.open()
  await world.create(fired)
  await world.moving(later)
  const { clock, millrace } = world
  const follow = async () => millrace.read(topicsOf(later).answers) as unknown as AsyncIterable<RawRecord>
  let left = times
  const send = async ({ topic: to, key, value, headers }: RawOutput): Promise<void> => {
    await millrace.send(to, [{ key, value, headers }])
    if (left-- > 0) throw new MillraceError(engineFailure('timed-out', 'no answer'))
  }
  let ids = 0
  const jobs = jobsOf({
    ...{ delayed: later, clock, send },
    random: { next: () => 0, id: () => Uint8Array.of(++ids) },
    answers: new Answers({ topic: topicsOf(later).answers, clock, follow }),
    mover: () => Promise.reject(new Error('it runs already')).catch(() => undefined as never),
    waiting: () => Promise.resolve({ waiting: 0, overdue: 0, oldestMs: 0, overdueMs: 0 }),
    payload: () => Promise.resolve(undefined),
    list: () => millrace.jobs(later).list(),
  })
  return { world, jobs }
}

describe('a command of which it is uncertain whether it was sent', () => {
  it('is sent again, and carried out once', async () => {
    const { world, jobs } = await uncertain(2)
    const answer = await world.while(jobs.schedule({ id: 'a', after: '5s', key: 'k', value: 'v' }))
    expect(answer._tag).toBe('scheduled')
    expect(await world.while(jobs.cancel('a'))).toBe('cancelled')
    const metrics = await world.while(firstValueFrom(world.millrace.jobs(later).metrics$))
    expect(metrics).toMatchObject({ scheduled: 1, replaced: 0, repeated: 2 })
    await world.pass(10_000)
    expect(await world.read(fired)).toEqual([])
    await world.close()
  })

  it('is given up after a while, and says that it may have been carried out', async () => {
    const { world, jobs } = await uncertain(Number.POSITIVE_INFINITY)
    const given = world.while(jobs.schedule({ id: 'a', after: '5s', key: 'k', value: 'v' }))
    await expect(given).rejects.toMatchObject({ code: 'timed-out', kind: 'indeterminate' })
    await world.close()
  })
})
