import { describe, expect, it } from 'vitest'
import type { Storage } from '../../../src/contracts/storage.ts'
import { openEmbedded } from '../../../src/engines/embedded/engine.ts'
import { memoryStorage } from '../../../src/log/memory-storage.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'
import { batch } from '../../../src/testing/conformance/records.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const opened = (storage: Storage) => {
  const next = seededRandom(1)
  const random = { next, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)) }
  return ok(
    openEmbedded({ name: 'f', storage, durability: 'process', persistent: true, clock: new VirtualClock(), random }),
  )
}

const at = (offset: number) => ({ topic: 't', partition: 0, offset, metadata: 'mine' })
const nobody = (group: string) => ({ group, generation: -1, memberId: '' })

/** Three records, and two behind them that a loss of power takes. */
const afterLoss = async (committed: readonly (readonly [group: string, offset: number])[]) => {
  const storage = memoryStorage()
  const engine = await opened(storage)
  await ok(engine.topics.create({ name: 't', partitions: 1, config: {} }))
  const producer = await ok(engine.producer())
  await ok(producer.append([batch('t', 0, ['a', 'b', 'c'])]))
  const [log] = storage.list('t-0').filter((name) => name.endsWith('.log'))
  const file = storage.open(`t-0/${log}`, 'write')
  const size = file.size()
  await ok(producer.append([batch('t', 0, ['lost', 'lost too'])]))
  for (const [group, offset] of committed) await ok(engine.groups.commit(nobody(group), [at(offset)]))
  file.truncate(size)
  return storage
}

describe('committed offsets of records that a loss of power has taken', () => {
  it('go back to the end, so that what comes there is read', async () => {
    const storage = await afterLoss([
      ['ahead', 5],
      ['behind', 2],
    ])
    const next = await opened(storage)
    expect(await ok(next.groups.committed('ahead'))).toEqual([at(3)])
    expect(await ok(next.groups.committed('behind'))).toEqual([at(2)])
  })

  it('stay there, however often the directory is opened', async () => {
    const storage = await afterLoss([['ahead', 5]])
    const next = await opened(storage)
    const producer = await ok(next.producer())
    await ok(producer.append([batch('t', 0, ['new'])]))
    expect(await ok((await opened(storage)).groups.committed('ahead'))).toEqual([at(3)])
  })
})
