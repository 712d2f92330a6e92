import { describe, expect, it } from 'vitest'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import { committedUpTo, type Uncommitted } from '../../src/pipeline/group-progress.ts'
import { rightOf } from '../support/right-of.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const records = (count: number) => Array.from({ length: count }, (_, value) => ({ key: 'k', value }))
const end = { topic: 'in', partition: 0, offset: 5 }

/** Five records, and more behind them; the engine counts what is fetched. */
const opened = async () => {
  const world = new EmbeddedWorld()
  await world.open()
  await world.create([input], 1)
  await world.append(input, 0, records(5))
  await world.append(input, 0, records(5))
  let fetches = 0
  const { live } = world
  const engine: Engine = {
    ...live,
    reader: {
      ...live.reader,
      fetch: (request) => {
        fetches++
        return live.reader.fetch(request)
      },
    },
  }
  const uncommitted: Uncommitted = new Map()
  const isReached = async () => (await world.while(committedUpTo(engine, 'g', [end], uncommitted))).has(end)
  const commit = async (offset: number) => {
    const token = { group: 'g', generation: -1, memberId: '' }
    rightOf(await world.while(live.groups.commit(token, [{ ...end, offset, metadata: '' }])()))
  }
  return { isReached, commit, fetches: () => fetches }
}

describe('how far others are', () => {
  it('is looked up in the log once for what they have committed, however often it is asked', async () => {
    const { isReached, commit, fetches } = await opened()
    for (let times = 0; times < 5; times++) expect(await isReached()).toBe(false)
    expect(fetches()).toBe(1)
    await commit(3)
    for (let times = 0; times < 5; times++) expect(await isReached()).toBe(false)
    expect(fetches()).toBe(2)
  })

  it('is as far as was asked, whatever is behind it', async () => {
    const { isReached, commit } = await opened()
    await commit(5)
    expect(await isReached()).toBe(true)
  })
})
