import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })
const piped = (...operators: unknown[]) => ({ topics: [input], operators: operators as Operators })

describe('a task that goes to another instance', () => {
  it.each(['exactly-once', 'at-least-once', 'at-most-once'] as const)(
    'does not wait for a record that hangs: half of the time that a rebalance has, and it is given up (%s)',
    async (guarantee) => {
      const rebalanceTimeoutMs = 20_000
      const options = { guarantee, rebalanceTimeoutMs }
      const world = new EmbeddedWorld()
      await world.open()
      await world.create([input, out], 2)
      const hangs = mapAsync((value: number) => new Promise<number>((resolve) => value === 0 && resolve(value)))
      const hanging = await world.run('p', piped(hangs, to(out)), options)
      const notices: Notice[] = []
      hanging.errors$.subscribe((notice) => notices.push(notice))
      for (const partition of [0, 1])
        await world.append(input, partition, [
          { key: 'k', value: 0 },
          { key: 'k', value: partition + 1 },
        ])
      await world.pass(100)
      const begun = world.clock.elapsed()
      const taking = await world.run('p', piped(to(out)), options)
      const hasTakenOver = new Promise<void>((resolve) => {
        taking.progress$.subscribe(({ tasks, lag }) => tasks === 1 && lag === 0 && resolve())
      })
      await world.while(hasTakenOver)
      // hearing of it takes a heartbeat
      expect(world.clock.elapsed() - begun).toBeLessThan(rebalanceTimeoutMs * 0.75)
      expect(notices.filter(({ _tag }) => _tag === 'task-lost')).toEqual([])
      await world.while(hanging.stop({ timeoutMs: 100 }))
      await world.pass(10_000)
      await world.caughtUp(taking)
      await world.while(taking.stop())
      const expected =
        guarantee === 'at-most-once'
          ? [['k=0'], ['k=0']]
          : [
              ['k=0', 'k=1'],
              ['k=0', 'k=2'],
            ]
      // by key, both go to one partition
      expect((await world.committed(out, 2)).flat().toSorted()).toEqual(expected.flat().toSorted())
    },
  )
})
