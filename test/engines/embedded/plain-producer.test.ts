import { expect, it } from 'vitest'
import { openEmbedded } from '../../../src/engines/embedded/engine.ts'
import { memoryStorage } from '../../../src/log/memory-storage.ts'
import { systemRandom } from '../../../src/millrace/system.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'
import { batch, valuesOf } from '../../../src/testing/conformance/records.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const dayMs = 24 * 60 * 60 * 1000

it('a producer that was silent for days goes on where it was, though nobody remembers it', async () => {
  const clock = new VirtualClock()
  const storage = memoryStorage()
  const engine = await ok(
    openEmbedded({ name: 'm', storage, durability: 'process', persistent: true, clock, random: systemRandom }),
  )
  await ok(engine.topics.create({ name: 't', partitions: 1, config: { 'retention.ms': -1 } }))
  const producer = await ok(engine.producer())
  await ok(producer.append([batch('t', 0, ['a']), batch('t', 0, ['b'])]))
  await clock.advance(2 * dayMs)
  await ok(producer.append([batch('t', 0, ['c'])]))
  await ok(producer.append([batch('t', 0, ['d'])]))
  expect(await valuesOf(engine, 't')).toEqual(['a', 'b', 'c', 'd'])
  await ok(engine.close())
})
