import * as t from 'io-ts'
import { firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { cancel, schedule } from '../../operators/index.ts'
import { delayed, topicsOf } from '../../src/codec/delayed.ts'
import { jobHeader } from '../../src/codec/job-headers.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import { type StreamRecord, stream, topic } from '../../src/index.ts'
import { countWaiting } from '../../src/jobs/count-waiting.ts'
import { rightOf } from '../support/right-of.ts'
import { JobsWorld } from './jobs-world.ts'

const [second, minute, hour] = [1_000, 60_000, 3_600_000]
const events = topic('events', { key: t.string, value: t.string, partitions: 2 })
const payments = topic('payments', { key: t.string, value: t.string, partitions: 2 })
const fired = topic('fired', { key: t.string, value: t.string, partitions: 2 })
const later = delayed('later', { to: fired, tiers: ['5s', '30m'] })

const opened = async (): Promise<JobsWorld> => {
  const world = new JobsWorld()
  await world.open()
  await world.create(events, payments, fired)
  return world
}

const values = (records: readonly StreamRecord<string, string>[]): readonly string[] =>
  records.map(({ value }) => value)

describe('a job', () => {
  it('fires when it is due, not before, with its key, value, headers and id, at the time at which it was due', async () => {
    const world = await opened()
    const jobs = world.millrace.jobs(later)
    const headers = new Map([['trace', Buffer.from('7')]])
    const answer = await world.while(jobs.schedule({ id: 'a', after: '5s', key: 'k', value: 'v', headers }))
    const dueMs = answer.dueMs ?? 0
    expect(answer._tag).toBe('scheduled')
    expect(await world.while(jobs.get('a'))).toEqual({ _tag: 'pending', dueMs })
    await world.clock.advance(dueMs - world.now - 1)
    expect(await world.read(fired)).toEqual([])
    await world.pass(1)
    const [record] = await world.read(fired)
    expect(record).toMatchObject({ key: 'k', value: 'v', timestamp: dueMs })
    const told = [...(record?.headers ?? [])].map(([name, bytes]) => `${name}=${Buffer.from(bytes)}`)
    expect(told).toEqual(['trace=7', `${jobHeader.due}=${dueMs}`, `${jobHeader.job}=a`, `${jobHeader.gen}=0`])
    expect(await world.while(jobs.get('a'))).toEqual({ _tag: 'fired', dueMs })
    expect(await world.while(jobs.cancel('a'))).toBe('already-fired')
    await world.close()
  })

  it('does not fire once it is cancelled, and says so again', async () => {
    const world = await opened()
    const jobs = world.millrace.jobs(later)
    await world.while(jobs.schedule({ id: 'a', after: '5s', key: 'k', value: 'v' }))
    expect(await world.while(jobs.cancel('a'))).toBe('cancelled')
    expect(await world.while(jobs.cancel('a'))).toBe('cancelled')
    expect(await world.while(jobs.cancel('b'))).toBe('unknown')
    expect(await world.while(jobs.get('a'))).toEqual({ _tag: 'cancelled' })
    expect(await world.while(jobs.get('b'))).toBeUndefined()
    await world.pass(10 * second)
    expect(await world.read(fired)).toEqual([])
    await world.close()
  })

  it('is replaced by another one of its id, and fires once within a day', async () => {
    const world = await opened()
    const jobs = world.millrace.jobs(later)
    await world.while(jobs.schedule({ id: 'a', after: '5s', key: 'k', value: 'first' }))
    await world.pass(4 * second)
    await world.while(jobs.schedule({ id: 'a', after: '5s', key: 'k', value: 'second' }))
    await world.pass(4 * second)
    expect(await world.read(fired)).toEqual([])
    await world.pass(2 * second)
    expect(values(await world.read(fired))).toEqual(['second'])
    const again = await world.while(jobs.schedule({ id: 'a', after: '5s', key: 'k', value: 'third' }))
    expect(again._tag).toBe('already-fired')
    await world.pass(10 * second)
    expect(values(await world.read(fired))).toEqual(['second'])
    await world.close()
  })

  it('can be put off and brought forward, with what it carries', async () => {
    const world = await opened()
    const jobs = world.millrace.jobs(later)
    const begun = world.now
    await world.while(jobs.schedule({ id: 'off', after: '5s', key: 'k', value: 'off' }))
    await world.while(jobs.schedule({ id: 'on', after: '30m', key: 'k', value: 'on' }))
    const off = await world.while(jobs.reschedule('off', { at: begun + 3 * hour }))
    const on = await world.while(jobs.reschedule('on', { at: begun + minute }))
    expect([off, on]).toEqual([
      { _tag: 'scheduled', dueMs: begun + 3 * hour },
      { _tag: 'scheduled', dueMs: begun + minute },
    ])
    expect((await world.while(jobs.reschedule('nobody', { after: '5s' })))._tag).toBe('unknown')
    await world.pass(59 * second)
    expect(await world.read(fired)).toEqual([])
    await world.pass(2 * second)
    expect(values(await world.read(fired))).toEqual(['on'])
    expect((await world.while(jobs.reschedule('on', { after: '5s' })))._tag).toBe('already-fired')
    await world.clock.advance(begun + 3 * hour - world.now - 1)
    expect(values(await world.read(fired))).toEqual(['on'])
    await world.pass(1)
    const at = await world.read(fired)
    expect(values(at).toSorted()).toEqual(['off', 'on'])
    await world.close()
  }, 60_000)

  it.each([
    ['in a tier', { after: '30m' }],
    ['near', { inMs: 20 * minute }],
    ['on the ladder', { inMs: 5 * hour }],
  ] as const)('is found for that %s, where its command was deleted long ago', async (_, when) => {
    const world = await opened()
    const jobs = world.millrace.jobs(later)
    const at = world.now + ('inMs' in when ? when.inMs : 0)
    const due = 'after' in when ? when : { at }
    for (const id of ['other', 'a']) await world.while(jobs.schedule({ id, ...due, key: 'k', value: id }))
    const { name: topicName } = topicsOf(later).commands
    for (const partition of [0, 1]) {
      const query = { topic: topicName, partition, at: 'latest' as const }
      const ends = await world.while(world.engine?.reader.offsets([query], 'read_committed')() ?? Promise.reject())
      await world.while(world.millrace.deleteRecords(...rightOf(ends)))
    }
    expect((await world.while(jobs.reschedule('a', { after: '5s' })))._tag).toBe('scheduled')
    await world.pass(6 * second)
    expect(values(await world.read(fired))).toEqual(['a'])
    await world.close()
  })

  it('needs no id where nobody calls it back, and no command where it is for a tier', async () => {
    const world = await opened()
    const jobs = world.millrace.jobs(later)
    const at = world.now + 7 * second
    expect(await world.while(jobs.schedule({ after: '5s', key: 'k', value: 'tier' }))).toEqual({
      _tag: 'scheduled',
      dueMs: undefined,
    })
    expect(await world.while(jobs.schedule({ at, key: 'k', value: 'at' }))).toEqual({ _tag: 'scheduled', dueMs: at })
    await world.pass(6 * second)
    expect(values(await world.read(fired))).toEqual(['tier'])
    await world.pass(2 * second)
    expect(values(await world.read(fired))).toEqual(['tier', 'at'])
    await world.close()
  })

  it('without an id fires once too, where the process dies while another one waits before it', async () => {
    const world = await opened()
    const [early, late] = [world.now + 5 * minute, world.now + 20 * minute]
    const one = delayed('one', { to: fired, tiers: [], partitions: 1 })
    await world.while(world.millrace.jobs(one).schedule({ at: late, key: 'k', value: 'late' }))
    await world.while(world.millrace.jobs(one).schedule({ at: early, key: 'k', value: 'early' }))
    await world.pass(6 * minute)
    world.kill()
    await world.open()
    await world.moving(one)
    await world.pass(20 * minute)
    expect(values(await world.read(fired))).toEqual(['early', 'late'])
    await world.close()
  })

  it('is listed while it waits', async () => {
    const world = await opened()
    const jobs = world.millrace.jobs(later)
    const listed = async () => {
      const found: string[] = []
      for await (const { id } of jobs.list()) found.push(id)
      return found.toSorted()
    }
    for (const id of ['a', 'b', 'c', 'd']) await world.while(jobs.schedule({ id, after: '5s', key: id, value: id }))
    await world.while(jobs.schedule({ id: 'e', after: '30m', key: 'e', value: 'e' }))
    await world.while(jobs.cancel('b'))
    expect(await world.while(listed())).toEqual(['a', 'c', 'd', 'e'])
    await world.pass(6 * second)
    expect(await world.while(listed())).toEqual(['e'])
    await world.close()
  })

  it('is said for how long it waits, and how late it is', async () => {
    const world = await opened()
    await world.while(world.millrace.jobs(later).schedule({ id: 'a', after: '5s', key: 'a', value: 'a' }))
    await world.pass(2 * second)
    const metrics = () => world.while(firstValueFrom(world.millrace.jobs(later).metrics$))
    const waiting = await metrics()
    expect(waiting).toMatchObject({ overdue: 0, overdueMs: 0 })
    expect(waiting.oldestMs).toBeGreaterThanOrEqual(2 * second)
    expect(waiting.oldestMs).toBeLessThan(3 * second)
    await world.close()
    // nobody is there when it is due
    const { engine } = await world.open(60 * second).then(() => world)
    const now = world.now
    const late = await world.while(countWaiting(engine as Engine, later, now))
    // with the end of its transaction
    expect(late).toMatchObject({ waiting: 2, overdue: 2 })
    expect(late.overdueMs).toBeGreaterThan(55 * second)
    expect(late.oldestMs).toBe(late.overdueMs + 5 * second)
    await world.moving(later)
    await world.pass(2 * second)
    expect(await metrics()).toMatchObject({ oldestMs: 0, overdueMs: 0 })
    await world.close()
  })

  it('is counted', async () => {
    const world = await opened()
    const jobs = world.millrace.jobs(later)
    for (const id of ['a', 'b', 'b']) await world.while(jobs.schedule({ id, after: '5s', key: id, value: id }))
    await world.while(jobs.cancel('a'))
    await world.while(jobs.cancel('z'))
    const before = await world.while(firstValueFrom(jobs.metrics$))
    expect(before).toMatchObject({ fired: 0, overdue: 0 })
    // the records of the one that was cancelled, and of the one that was replaced, too
    expect(before.waiting).toBeGreaterThanOrEqual(3)
    await world.pass(6 * second)
    await world.while(jobs.cancel('b'))
    await world.while(jobs.schedule({ id: 'b', after: '5s', key: 'b', value: 'b' }))
    const metrics = await world.while(firstValueFrom(jobs.metrics$))
    expect(metrics).toMatchObject({
      scheduled: 3,
      replaced: 1,
      fired: 1,
      stale: 2,
      hops: 0,
      deduplicated: 1,
      cancels: { cancelled: 1, alreadyFired: 1, unknown: 1 },
    })
    expect(metrics.latenessMs.reduce((sum, count) => sum + count)).toBe(1)
    await world.close()
  })

  it('comes from a pipeline and is called back by one', async () => {
    const world = await opened()
    const running = await world.while(
      world.millrace.run(
        'timeouts',
        stream(events).pipe(
          schedule(later, (r) =>
            r.value === 'created' ? { id: r.key, after: '30m', key: r.key, value: 'unpaid' } : undefined,
          ),
          cancel(later, (r) => (r.value === 'paid' ? r.key : undefined)),
        ),
      ),
    )
    const send = (key: string, value: string) => world.while(world.millrace.send(events, [{ key, value }]))
    for (const key of ['a', 'b', 'c']) await send(key, 'created')
    await world.pass(29 * minute)
    await send('b', 'paid')
    await world.while(running.caughtUp())
    await world.pass(2 * minute)
    expect((await world.read(fired)).map(({ key }) => key).toSorted()).toEqual(['a', 'c'])
    await world.close()
  })

  it('is born cancelled where another pipeline was faster to cancel it', async () => {
    const world = await opened()
    const scheduling = stream(events).pipe(
      schedule(later, (r) => ({ id: r.key, after: '5s', key: r.key, value: r.value })),
    )
    const cancelling = stream(payments).pipe(cancel(later, (r) => r.key))
    await world.while(world.millrace.send(events, [{ key: 'a', value: 'before' }]))
    await world.pass(second)
    await world.while(world.millrace.send(payments, [{ key: 'a', value: 'paid' }]))
    const fast = await world.while(world.millrace.run('cancelling', cancelling))
    await world.while(fast.caughtUp())
    await world.pass(minute)
    const slow = await world.while(world.millrace.run('scheduling', scheduling))
    await world.while(slow.caughtUp())
    await world.pass(minute)
    expect(await world.read(fired)).toEqual([])
    await world.while(world.millrace.send(events, [{ key: 'a', value: 'after' }]))
    await world.pass(minute)
    expect(values(await world.read(fired))).toEqual(['after'])
    await world.close()
  })

  it('waits on the ladder for a time that is far away', async () => {
    const world = await opened()
    const jobs = world.millrace.jobs(later)
    const dueMs = world.now + 5 * hour + 17 * minute
    await world.while(jobs.schedule({ id: 'a', at: dueMs, key: 'k', value: 'v' }))
    await world.clock.advance(dueMs - world.now - 1)
    expect(await world.read(fired)).toEqual([])
    await world.pass(1)
    expect(values(await world.read(fired))).toEqual(['v'])
    const { hops } = await world.while(firstValueFrom(jobs.metrics$))
    // 2 h, 2 h, 30 min, 30 min, near
    expect(hops).toBe(4)
    await world.close()
  }, 60_000)

  it('that is no job is refused before anything is sent', async () => {
    const world = await opened()
    const jobs = world.millrace.jobs(later)
    await expect(jobs.schedule({ id: 'a', after: '7m' as never, key: 'k', value: 'v' })).rejects.toThrow(
      "has '5s', '30m'",
    )
    await expect(jobs.schedule({ id: 'a', at: 1, key: 'k', value: 7 as never })).rejects.toThrow('7')
    await expect(jobs.schedule({ id: 'a', at: 1, value: 'v' } as never)).rejects.toThrow(
      "schedule of 'later': the key for topic 'fired': the codec 'text' threw: TypeError: expected string, got undefined (the job has no key",
    )
    await expect(jobs.schedule({ id: 'a', at: new Date(1) as never, key: 'k', value: 'v' })).rejects.toThrow(
      'at is whole milliseconds since the epoch, as in date.getTime(), and not a Date',
    )
    await expect(jobs.schedule(undefined as never)).rejects.toThrow("schedule of 'later': options are an object")
    await expect(jobs.schedule({ id: 'a', at: 1, key: 'k', value: 'v', header: {} } as never)).rejects.toThrow(
      'did you mean headers?',
    )
    await expect(jobs.cancel('')).rejects.toThrow('1 to 256 characters')
    await expect(jobs.get(5 as never)).rejects.toThrow("get of 'later': a job's id is text")
    await expect(jobs.reschedule('a', { at: -1 })).rejects.toThrow('-1')
    await expect(jobs.reschedule('', { at: 1 })).rejects.toThrow("reschedule of 'later': a job's id is text")
    await expect(jobs.reschedule('a', undefined as never)).rejects.toThrow('as in { after, at }, and not undefined')
    await expect(jobs.reschedule('a', '30m' as never)).rejects.toThrow('and not "30m"')
    expect(() => world.millrace.jobs(fired as never)).toThrow('jobs(…) takes what delayed(…) makes')
    await world.close()
  })

  it('does not stand in the way of what is no job at all', async () => {
    const world = await opened()
    const { commands, near, dead } = topicsOf(later)
    const jobs = world.millrace.jobs(later)
    await world.moving(later)
    const headers = (text: string) => new Map([[jobHeader.do as string, Buffer.from(text)]])
    await world.while(
      world.millrace.send(commands, [
        { key: Buffer.from('x'), value: Buffer.from('rubbish') },
        { key: null, value: null, headers: headers('schedule') },
        { key: Buffer.from('x'), value: null, headers: headers('schedule') },
        { key: Buffer.from('x'), value: null, headers: headers('explode') },
      ]),
    )
    await world.while(world.millrace.send(near, [{ key: Buffer.from('k'), value: Buffer.from('"at once"') }]))
    await world.while(jobs.schedule({ id: 'a', after: '5s', key: 'k', value: 'v' }))
    await world.pass(6 * second)
    expect(values(await world.read(fired)).toSorted()).toEqual(['at once', 'v'])
    expect((await world.read(dead)).length).toBe(4)
    await world.close()
  })
})
