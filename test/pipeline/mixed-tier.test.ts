import { expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { Carrier } from '../../src/contracts/carrier.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import { mapEach } from '../../src/contracts/probe.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import type { Tier, Waiting } from '../../src/contracts/tier.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { rightOf } from '../support/right-of.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: text, config: { 'message.timestamp.type': 'LogAppendTime' } })
const out = topic('out', { key: text, value: text })
const near: Tier = {
  topic: topic('p--near', { key: text, value: text }),
  order: 'mixed',
  dueAt: ({ timestamp }: Waiting) => timestamp,
}

/** What says how long it waits goes near, and from there to `out`; what does not wait goes there at once. */
const waiting = mapEach(
  (record: StreamRecord<string, string>) => {
    const { key, value, timestamp } = record
    const waits = record.topic === 'in' && value !== '0'
    const written = { key, value, headers: new Map(), timestamp: timestamp + (waits ? Number(value) : 0) }
    Carrier.of(record)?.emit(waits ? near.topic : out, written)
    return record
  },
  [out, near.topic].map((topic) => ({ _tag: 'output', topic }) as const),
)

const pipeline = { topics: [input], operators: [waiting] as unknown as Operators }

it('does not move on, over what holds no record, beyond a record that is being read', async () => {
  const world = new EmbeddedWorld(1)
  await world.open()
  await world.create([input, out], 1)
  const real = world.live
  let isReading = false
  world.engine = slowReads(real, world, () => {
    isReading = true
  })
  await world.run('p', pipeline, {}, { tiers: [near] })
  await world.append(input, 0, [{ key: 'waits', value: '1000' }])
  while (!isReading) await world.pass(10)
  await abortedIn(real, world, near.topic.name)
  // something is committed meanwhile
  await world.append(input, 0, [{ key: 'other', value: '0' }])
  await world.pass(50)
  expect((await world.committed(out, 1))[0]).toEqual(['other="0"'])
  world.disk.crash = 'kill'
  world.disk.die()
  await world.open()
  world.clock.step(10_000)
  const running = await world.run('p', pipeline, {}, { tiers: [near] })
  await world.pass(2_000)
  expect((await world.committed(out, 1))[0]).toEqual(['other="0"', 'waits="1000"'])
  await world.while(running.stop())
})

/** Reading what is due takes so long. */
const slowReads = (engine: Engine, world: EmbeddedWorld, began: () => void): Engine => ({
  ...engine,
  reader: {
    ...engine.reader,
    fetch: (request) => async () => {
      if (request.maxBytes === 1) {
        began()
        await new Promise<void>((ring) => world.clock.after(200, ring))
      }
      return engine.reader.fetch(request)()
    },
  },
})

/** Leaves a record there that nobody sees. */
const abortedIn = async (engine: Engine, world: EmbeddedWorld, topic: string): Promise<void> => {
  const producer = rightOf(await world.while(engine.transactions({ transactionalId: 'x', timeoutMs: 60_000 })()))
  const builder = new BatchBuilder({ compression: 'none' })
  builder.add(Buffer.from('k'), Buffer.from('v'), new Map(), 1_000)
  rightOf(await world.while(producer.append([{ topic, partition: 0, bytes: builder.build() }])()))
  rightOf(await world.while(producer.abort()()))
}
