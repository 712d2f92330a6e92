import { describe, expect, it } from 'vitest'
import { openEmbedded } from '../../../src/engines/embedded/engine.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'
import { ForgetfulDisk } from '../../../src/testing/forgetful-disk/forgetful-disk.ts'
import { chosenBy } from '../../support/chosen-by.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const opened = async () => {
  const next = seededRandom(1)
  const storage = new ForgetfulDisk(chosenBy(next)).storage()
  const random = { next, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)) }
  const clock = new VirtualClock()
  const engine = await ok(openEmbedded({ name: 'f', storage, durability: 'power', persistent: true, clock, random }))
  return { engine, storage }
}

describe("the engine's own files", () => {
  it('have names that no partition can have', async () => {
    const { engine, storage } = await opened()
    await ok(engine.topics.create({ name: 't', partitions: 1, config: {} }))
    await ok(engine.close())
    const likePartitions = storage.list('').filter((name) => /-\d+$/.test(name))
    expect(likePartitions).toEqual(['__consumer_offsets-0', '__transaction_state-0', 't-0'])
  })
})
