import { describe, expect, it } from 'vitest'
import { delayed } from '../../src/codec/delayed.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Millrace } from '../../src/index.ts'
import { JobsWorld } from './jobs-world.ts'

const to = topic('fired', { key: text, value: text, partitions: 2 })
const first = delayed('wait', { to, tiers: ['5s', '20s'] })
const second = delayed('wait', { to, tiers: ['20s', '8s'] })
const job = (id: string) => ({ id, key: id, value: 'v' })

/** Of each job how much later than it was due it fired, in its order. */
const firedIn = async (world: JobsWorld): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries((await world.read(to)).map(({ key, timestamp }) => [key, timestamp]))

/** When each of `ids` is due by what was answered. */
const scheduled = async (
  world: JobsWorld,
  millrace: Millrace,
  of: typeof first | typeof second,
  after: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, number>>> => {
  const due: Record<string, number> = {}
  for (const [id, wait] of Object.entries(after)) {
    const answer = await world.while(millrace.jobs(of as typeof first).schedule({ ...job(id), after: wait as '5s' }))
    if (answer._tag === 'scheduled') due[id] = answer.dueMs ?? 0
  }
  return due
}

describe('a delayed whose tiers are others than before', () => {
  it('lets come out what waits in a tier that is not declared any more', async () => {
    const world = new JobsWorld()
    const old = await world.open()
    await world.create(to)
    const due = await scheduled(world, old, first, { a: '5s', b: '20s', c: '5s' })
    // one without an id lies where nobody has a command of it
    await world.while(old.jobs(first).schedule({ key: 'd', value: 'v', after: '5s' }))
    await world.close()
    await world.open(1_000)
    await world.moving(second)
    await world.pass(30_000)
    expect(await firedIn(world)).toMatchObject(due)
    expect((await world.read(to)).map(({ key }) => key).sort()).toEqual(['a', 'b', 'c', 'd'])
    await world.close()
  })

  it('is moved by whoever knows all of them while the new version comes, and nothing is lost when it goes again', async () => {
    const world = new JobsWorld()
    const old = await world.open()
    await world.create(to)
    const early = await scheduled(world, old, first, { a: '5s', b: '20s' })
    const next = world.connection('next')
    const late = await scheduled(world, next, second, { c: '8s', d: '20s' })
    await world.pass(9_000)
    const soFar = await firedIn(world)
    expect(Object.keys(soFar).sort()).toEqual(['a', 'c'])
    await scheduled(world, next, second, { e: '8s' })
    await world.while(next.close())
    await world.pass(30_000)
    // what waits in a tier that the old one does not know waits until somebody does who begins
    expect(Object.keys(await firedIn(world)).sort()).toEqual(['a', 'b', 'c', 'd'])
    await world.close()
    await world.open()
    await world.moving(first)
    await world.pass(10_000)
    const fired = await firedIn(world)
    expect(fired).toMatchObject({ ...early, ...late })
    expect(Object.keys(fired).sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await world.read(topic('wait.dead', { key: text, value: text }))).toEqual([])
    await world.close()
  })

  it('is refused where one is declared in other words', async () => {
    const world = new JobsWorld()
    const old = await world.open()
    await world.create(to)
    await scheduled(world, old, first, { a: '5s' })
    await world.close()
    const next = await world.open()
    const renamed = delayed('wait', { to, tiers: ['5000ms', '20s'] })
    await expect(world.while(next.jobs(renamed).get('a'))).rejects.toThrow("declared as '5000ms' now")
    await world.close()
  })
})
