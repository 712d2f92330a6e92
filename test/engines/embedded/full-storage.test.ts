import { describe, expect, it, onTestFinished } from 'vitest'
import type { Engine } from '../../../src/contracts/engine.ts'
import { openEmbedded } from '../../../src/engines/embedded/engine.ts'
import { memoryStorage } from '../../../src/log/memory-storage.ts'
import { systemRandom } from '../../../src/millrace/system.ts'
import { ok, refusal } from '../../../src/testing/conformance/calls.ts'
import { batch, readAll, valuesOf } from '../../../src/testing/conformance/records.ts'
import { type FullStorage, fullStorage } from '../../support/full-storage.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const topic = 't'
const kilobyte = 'x'.repeat(1_000)

interface World {
  readonly storage: FullStorage
  readonly clock: VirtualClock
  readonly engine: Engine
  readonly reopen: () => Promise<Engine>
}

const world = async (durability: 'power' | 'process', random = systemRandom): Promise<World> => {
  const storage = fullStorage(memoryStorage())
  const clock = new VirtualClock()
  const open = () => ok(openEmbedded({ name: 'm', storage, durability, persistent: true, clock, random }))
  const engine = await open()
  onTestFinished(async () => {
    await engine.close()()
  })
  await ok(engine.topics.create({ name: topic, partitions: 1, config: {} }))
  return { storage, clock, engine, reopen: open }
}

for (const durability of ['power', 'process'] as const)
  describe(`a full storage (${durability})`, () => {
    it('refuses appends as retriable while reads go on, and takes them once there is room', async () => {
      const { storage, engine } = await world(durability)
      const producer = await ok(engine.producer())
      await ok(producer.append([batch(topic, 0, ['before'])]))
      storage.room = 0
      // a journal that was laid ahead takes some more
      const accepted: string[] = []
      let refused = batch(topic, 0, [''])
      for (let n = 0; ; n++) {
        refused = batch(topic, 0, [`${n}${kilobyte}`])
        const appended = await producer.append([refused])()
        if (appended._tag === 'Left') {
          expect(appended.left).toMatchObject({ code: 'storage-full', kind: 'retriable' })
          break
        }
        accepted.push(`${n}${kilobyte}`)
      }
      const other = await refusal(producer.append([batch(topic, 0, ['other'])]))
      expect(other).toMatchObject({ code: 'storage-full', kind: 'retriable' })
      const seen = (await readAll(engine, { topic, partition: 0 })).map(({ value }) => value)
      expect(seen[0]).toBe('before')

      storage.room = Number.POSITIVE_INFINITY
      await ok(producer.append([refused]))
      await ok(producer.append([batch(topic, 0, ['after'])]))
      const values = await valuesOf(engine, topic)
      expect(values).toEqual(['before', ...accepted, `${accepted.length}${kilobyte}`, 'after'])
    })

    it('never flips a commit that had no room: it stands, and comes through', async () => {
      const { storage, clock, engine } = await world(durability)
      const tx = await ok(engine.transactions({ transactionalId: 'tx', timeoutMs: 60_000 }))
      const plain = await ok(engine.producer())
      await ok(tx.append([batch(topic, 0, ['a'])]))
      storage.room = 0
      for (;;) if ((await plain.append([batch(topic, 0, [kilobyte])])())._tag === 'Left') break
      const committed = await tx.commit()()
      expect(committed).toMatchObject({ _tag: 'Left', left: { code: 'timed-out', kind: 'indeterminate' } })
      expect((await tx.abort()())._tag).toBe('Left')
      storage.room = Number.POSITIVE_INFINITY
      const settled = async (): Promise<boolean> => {
        const again = tx.commit()()
        await clock.advance(5_000)
        return (await again)._tag === 'Right'
      }
      expect((await settled()) || (await settled())).toBe(true)
      const values = await valuesOf(engine, topic)
      expect(values.filter((value) => value === 'a')).toEqual(['a'])
    })

    it.each([1, 2])(
      'has %i members of a group wait between their tries, and lets them in once there is room',
      async (count) => {
        let joins = 0
        const id = () => {
          if (++joins > 1_000) throw new Error('they never let go')
          return systemRandom.id()
        }
        const { storage, clock, engine } = await world(durability, { ...systemRandom, id })
        const producer = await ok(engine.producer())
        storage.room = 0
        for (;;) if ((await producer.append([batch(topic, 0, [kilobyte])])())._tag === 'Left') break
        joins = 0
        const assigned: number[] = []
        for (let member = 0; member < count; member++) {
          const options = { group: 'g', topics: [topic], assignor: 'range', sessionTimeoutMs: 30_000 } as const
          const { events } = await ok(engine.groups.join({ ...options, rebalanceTimeoutMs: 60_000 }))
          events.subscribe({
            next: ({ _tag }) => _tag === 'assigned' && assigned.push(member),
            error: (failure) => expect(failure).toMatchObject({ code: 'closed' }),
          })
        }
        await clock.advance(10_000)
        expect(assigned).toEqual([])
        expect(joins).toBeLessThan(20 * count)
        storage.room = Number.POSITIVE_INFINITY
        await clock.advance(2_000)
        expect([...new Set(assigned)].sort()).toEqual(Array.from({ length: count }, (_, member) => member))
      },
    )

    it('keeps everything acknowledged over a reopening', async () => {
      const { storage, engine, reopen } = await world(durability)
      const producer = await ok(engine.producer())
      const acknowledged: string[] = []
      storage.room = 10_000
      for (let n = 0; n < 2_000; n++) {
        if ((await producer.append([batch(topic, 0, [`${n}${kilobyte}`])])())._tag === 'Left') break
        acknowledged.push(`${n}${kilobyte}`)
      }
      storage.room = Number.POSITIVE_INFINITY
      const again = await reopen()
      const values = await valuesOf(again, topic)
      expect(values.slice(0, acknowledged.length)).toEqual(acknowledged)
      expect(values.length).toBeLessThanOrEqual(acknowledged.length + 1)
      await ok(again.close())
    })
  })
