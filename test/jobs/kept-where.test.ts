import * as t from 'io-ts'
import { firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { connect, delayed, topic } from '../../src/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { JobsWorld } from './jobs-world.ts'

const fired = topic('fired', { key: t.string, value: t.string, partitions: 1 })

describe('what is known of ids', () => {
  it('is kept on disk where that is asked for, through a restart', async () => {
    const later = delayed('later', { to: fired, tiers: ['20ms', '30m'], in: 'disk' })
    const url = `file:${temporaryDirectory()}`
    const first = await connect(url, { durability: 'process' })
    await first.create(fired)
    const came = firstValueFrom(first.observe(fired, { from: 'earliest' }))
    await first.jobs(later).schedule({ id: 'soon', after: '20ms', key: 'k', value: 'now' })
    await first.jobs(later).schedule({ id: 'waits', after: '30m', key: 'k', value: 'then' })
    await first.jobs(later).schedule({ id: 'off', after: '30m', key: 'k', value: 'never' })
    await first.jobs(later).cancel('off')
    expect((await came).value).toBe('now')
    await first.close()

    const next = await connect(url, { durability: 'process' })
    const known = await Promise.all(['soon', 'waits', 'off', 'nobody'].map((id) => next.jobs(later).get(id)))
    const expected = ['fired', 'pending', 'cancelled', undefined]
    expect(known.map((job) => job?._tag)).toEqual(expected)
    await next.close()

    const inMemory = delayed('later', { to: fired, tiers: ['20ms', '30m'] })
    const last = await connect(url, { durability: 'process' })
    const same = await Promise.all(['soon', 'waits', 'off', 'nobody'].map((id) => last.jobs(inMemory).get(id)))
    expect(same.map((job) => job?._tag)).toEqual(expected)
    await last.close()
  })

  it('holds its task up, and says so, where it may not take more; it goes on with a larger bound', async () => {
    const small = delayed('later', { to: fired, tiers: ['5s'], maxBytes: 150 })
    const world = new JobsWorld()
    await world.open()
    await world.create(fired)
    const schedule = (id: string) =>
      world.while(world.millrace.jobs(small).schedule({ id, after: '5s', key: 'k', value: id }))
    await schedule('a')
    await expect(schedule('b')).rejects.toMatchObject({ code: 'timed-out' })
    expect(world.warnings.join()).toContain("what moves 'later' waits: ")
    expect(world.warnings.join()).toContain('StateStoreFull')
    world.kill()

    await world.open()
    const large = delayed('later', { to: fired, tiers: ['5s'] })
    // what was asked is done first, and what is overdue comes then
    expect((await world.while(world.millrace.jobs(large).get('b')))?._tag).toBeDefined()
    await world.pass(6_000)
    expect((await world.read(fired)).map(({ value }) => value)).toEqual(['a', 'b'])
    await world.close()
  })
})
